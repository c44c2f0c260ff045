-- Keeps a new endpoint, unless the tenant has as many as it may.
if redis.call('SCARD', keys.ofTenant) >= tonumber(args.most) then return reply('full') end
redis.call('HSET', keys.webhook, 'id', args.id, 'tenant', args.tenant, unpack(flatten(cjson.decode(args.fields))))
redis.call('SADD', keys.ofTenant, args.id)
redis.call('SADD', keys.subscribers, args.tenant)
return reply('created')
