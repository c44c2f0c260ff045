-- Changes an endpoint; never brings back one that was deleted meanwhile.
if redis.call('HGET', keys.webhook, 'tenant') ~= args.tenant then return reply('absent') end
local changed = flatten(cjson.decode(args.fields))
if #changed > 0 then redis.call('HSET', keys.webhook, unpack(changed)) end
for _, name in ipairs(cjson.decode(args.cleared)) do redis.call('HDEL', keys.webhook, name) end
return reply('ok')
