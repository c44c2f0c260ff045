-- Deletes an endpoint with all of its lane. Its deliveries are dropped when their jobs find it gone.
if redis.call('HGET', keys.webhook, 'tenant') ~= args.tenant then return reply('absent') end
redis.call('DEL', keys.webhook, keys.lane, keys.leases, keys.deliveries, keys.ended)
redis.call('SREM', keys.ofTenant, args.id)
if redis.call('SCARD', keys.ofTenant) == 0 then redis.call('SREM', keys.subscribers, args.tenant) end
redis.call('HDEL', keys.waiting, args.id)
return reply('deleted')
