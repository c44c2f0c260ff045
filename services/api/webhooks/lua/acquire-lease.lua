-- May an attempt begin at this receiver? One that failed last time gets a single attempt at a time. Who has to wait
-- gets to know until when, further apart the slower the receiver is, so that a long line costs little. Times are
-- milliseconds.

-- Between two that wait, at least.
local CLOSEST_MS = 10

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local failing, latencyMs, slot = unpack(redis.call('HMGET', keys.lane, 'failing', 'latency_ms', 'slot'))
local most = failing == '1' and 1 or tonumber(args.mostLeases)
redis.call('ZREMRANGEBYSCORE', keys.leases, '-inf', now)
if redis.call('ZCARD', keys.leases) < most then
  redis.call('ZADD', keys.leases, now + args.leaseMs, args.token)
  redis.call('PEXPIRE', keys.leases, args.leaseMs)
  return reply('leased')
end
local apart = math.max(math.ceil(tonumber(latencyMs or 0) / most), CLOSEST_MS)
local mine = math.min(math.max(tonumber(slot or 0), now) + apart, now + args.longestWaitMs)
redis.call('HSET', keys.lane, 'slot', mine)
redis.call('PEXPIRE', keys.lane, 2 * args.longestWaitMs)
return reply('wait', { waitMs = mine - now })
