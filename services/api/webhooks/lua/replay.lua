-- Begins anew, also while it is pending: then at once.
local status = redis.call('HGET', keys.delivery, 'status')
if not status or endpointIsGone() then return reply('absent') end
if status ~= 'pending' then
  countWaiting(1)
  redis.call('ZREM', keys.ended, args.id)
  redis.call('HDEL', keys.delivery, 'completed_at')
  redis.call('PERSIST', keys.delivery)
end
keepLists()
redis.call('HSET', keys.delivery, 'status', 'pending', 'tries', 0, 'next_attempt_at', args.now)
send(redis.call('HINCRBY', keys.delivery, 'round', 1))
return reply('ok')
