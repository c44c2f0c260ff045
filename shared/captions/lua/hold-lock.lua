-- Takes or keeps the lock of args.token for args.ttlMs; without a time, gives it up.
local holder = redis.call('GET', keys.lock)
if holder and holder ~= args.token then return reply('other') end
if args.ttlMs then redis.call('SET', keys.lock, args.token, 'PX', args.ttlMs)
else redis.call('DEL', keys.lock) end
return reply('ok')
