-- Leaves nothing but the tombstone; a caption in work is canceled first.
local tenant, status, stage, dispatch, retention = get('tenant', 'status', 'stage', 'dispatch', 'retention_seconds')
if tenant ~= args.tenant then return reply('absent') end
local inWork = not terminalEvent[status]
if inWork then
  finish('canceled')
  status = 'canceled'
end
local member = tenant .. '/' .. status .. '/' .. id
redis.call('DEL', keys.record, keys.events)
redis.call('ZREM', keys.index, member, tenant .. '/' .. id)
redis.call('ZREM', keys.purges, member)
redis.call('SET', keys.tombstone, tenant, 'EX', retention)
hint('')
if inWork then return reply('canceled', { stage = stage, dispatch = dispatch }) end
return reply('deleted')
