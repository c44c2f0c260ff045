-- Gives an endpoint a new secret. Those before, newest first, sign as well until their time is over.

-- Each signs every delivery; who rotates more often within a day loses the oldest.
local MOST_PREVIOUS = 20

local tenant, secret, list, single, singleUntil = unpack(redis.call('HMGET', keys.webhook,
  'tenant', 'secret', 'previous_secrets', 'previous_secret', 'previous_until'))
if tenant ~= args.tenant then return reply('absent') end
local previous = list and cjson.decode(list) or {}
-- Records of earlier releases have a single one.
if single then previous[#previous + 1] = { secret = single, validUntil = tonumber(singleUntil) } end

local kept = { { secret = secret, validUntil = tonumber(args.validUntil) } }
for _, one in ipairs(previous) do
  if one.validUntil > tonumber(args.now) and #kept < MOST_PREVIOUS then kept[#kept + 1] = one end
end
redis.call('HSET', keys.webhook, 'secret', args.secret, 'previous_secrets', cjson.encode(kept))
redis.call('HDEL', keys.webhook, 'previous_secret', 'previous_until')
return reply('ok')
