-- An attempt was made (args.attempt), or none will be. Answers the ids of ended deliveries that are to be dropped.

-- Ids that one call answers at most; what is left is dropped by the next.
local MOST_DROPPED = 100

local status, round = unpack(redis.call('HMGET', keys.delivery, 'status', 'round'))
if status ~= 'pending' or round ~= args.round then return reply('stale') end
if endpointIsGone() then
  forget()
  return reply('gone')
end
if args.attempt then
  local n = redis.call('HINCRBY', keys.delivery, 'attempts', 1)
  redis.call('HINCRBY', keys.delivery, 'tries', 1)
  redis.call('HSET', keys.delivery, 'attempt_' .. n, args.attempt)
  redis.call('HDEL', keys.delivery, 'attempt_' .. (n - tonumber(args.mostAttempts)))
end
if args.status == 'pending' then
  redis.call('HSET', keys.delivery, 'next_attempt_at', args.nextAttemptAt)
  keepLists()
  return reply('ok')
end
redis.call('HSET', keys.delivery, 'status', args.status, 'completed_at', args.now)
redis.call('HDEL', keys.delivery, 'next_attempt_at')
redis.call('EXPIRE', keys.delivery, args.retentionSeconds)
redis.call('ZADD', keys.ended, args.now, args.id)
keepLists()
countWaiting(-1)
local surplus = math.max(redis.call('ZCARD', keys.ended) - args.mostEnded,
  redis.call('ZCOUNT', keys.ended, '-inf', args.now - args.retentionSeconds * 1000))
if surplus <= 0 then return reply('ok') end
local oldest = redis.call('ZRANGE', keys.ended, 0, math.min(surplus, MOST_DROPPED) - 1)
redis.call('ZREM', keys.ended, unpack(oldest))
redis.call('ZREM', keys.deliveries, unpack(oldest))
return reply('ok', { surplus = cjson.encode(oldest) })
