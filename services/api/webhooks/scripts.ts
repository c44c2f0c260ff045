// What changes webhooks and deliveries in Redis, each one atomic step. Times are milliseconds.
import { defineScript } from '@caption-queue/redis/script';

/**
 * KEYS: endpoint, the tenant's endpoints, subscribers. ARGV: 1 id, 2 tenant, 3 most endpoints a tenant may have, then
 * fields and values. → `created` | `full`
 */
export const CREATE_ENDPOINT = defineScript(`
if redis.call('SCARD', KEYS[2]) >= tonumber(ARGV[3]) then return { 'full' } end
redis.call('HSET', KEYS[1], 'id', ARGV[1], 'tenant', ARGV[2], unpack(ARGV, 4))
redis.call('SADD', KEYS[2], ARGV[1])
redis.call('SADD', KEYS[3], ARGV[2])
return { 'created' }
`);

/**
 * Never brings back one that was deleted meanwhile. KEYS: endpoint. ARGV: 1 tenant, then fields and values; an empty
 * value deletes the field. → `absent` | `ok`
 */
export const UPDATE_ENDPOINT = defineScript(`
if redis.call('HGET', KEYS[1], 'tenant') ~= ARGV[1] then return { 'absent' } end
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', KEYS[1], ARGV[i])
  else redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
return { 'ok' }
`);

/**
 * KEYS: as CREATE_ENDPOINT, then deliveries waiting, and all of its lane. ARGV: 1 id, 2 tenant. Its deliveries end when
 * their jobs find it gone. → `absent` | `deleted`
 */
export const DELETE_ENDPOINT = defineScript(`
if redis.call('HGET', KEYS[1], 'tenant') ~= ARGV[2] then return { 'absent' } end
redis.call('DEL', KEYS[1], unpack(KEYS, 5))
redis.call('SREM', KEYS[2], ARGV[1])
if redis.call('SCARD', KEYS[2]) == 0 then redis.call('SREM', KEYS[3], ARGV[2]) end
redis.call('HDEL', KEYS[4], ARGV[1])
return { 'deleted' }
`);

/**
 * What an attempt says of the endpoint. KEYS: endpoint. ARGV: 1 `success` | `failure` | `gone`, 2 now, 3 how long
 * nothing but failures disables it (ms). → `ok` | `disabled` reason
 */
export const NOTE_HEALTH = defineScript(`
if redis.call('HGET', KEYS[1], 'enabled') ~= '1' then return { 'ok' } end
if ARGV[1] == 'success' then
  redis.call('HDEL', KEYS[1], 'failing_since')
  return { 'ok' }
end
redis.call('HSETNX', KEYS[1], 'failing_since', ARGV[2])
local reason
if ARGV[1] == 'gone' then reason = 'gone'
elseif ARGV[2] - redis.call('HGET', KEYS[1], 'failing_since') >= tonumber(ARGV[3]) then reason = 'failing' end
if not reason then return { 'ok' } end
redis.call('HSET', KEYS[1], 'enabled', '0', 'disabled_reason', reason)
return { 'disabled', reason }
`);

/** A receiver's list of deliveries is forgotten after this long without news; far above any wait between attempts. */
export const LOG_EXPIRY_SECONDS = 30 * 24 * 3_600;

/** What the scripts of a delivery share. KEYS: delivery, deliveries, ended, waiting, outbox. ARGV: 1 id, 2 lane. */
const DELIVERY = `
local delivery, deliveries, ended, waiting, outbox = unpack(KEYS)
local id, lane = ARGV[1], ARGV[2]

local function wait(n)
  if redis.call('HINCRBY', waiting, lane, n) <= 0 then redis.call('HDEL', waiting, lane) end
end

local function keep()
  redis.call('EXPIRE', deliveries, ${LOG_EXPIRY_SECONDS})
  redis.call('EXPIRE', ended, ${LOG_EXPIRY_SECONDS})
end

local function send(round)
  redis.call('XADD', outbox, '*', 'event', 'deliver', 'delivery', id, 'round', round)
end
`;

/**
 * ARGV: 3 now, 4 most that may wait in the lane, 5 `send` when nobody else adds its job, then fields and values.
 * → `created` | `exists` status | `full`
 */
export const CREATE_DELIVERY = defineScript(`${DELIVERY}
local status = redis.call('HGET', delivery, 'status')
if status then return { 'exists', status } end
if tonumber(redis.call('HGET', waiting, lane) or 0) >= tonumber(ARGV[4]) then return { 'full' } end
redis.call('HSET', delivery, 'id', id, 'lane', lane, 'status', 'pending', 'created_at', ARGV[3], 'round', 1,
  'tries', 0, 'attempts', 0, 'next_attempt_at', ARGV[3], unpack(ARGV, 6))
redis.call('ZADD', deliveries, ARGV[3], id)
keep()
wait(1)
if ARGV[5] == 'send' then send(1) end
return { 'created' }
`);

/**
 * An attempt was made, or none will be. ARGV: 3 round, 4 now, 5 attempt (JSON, '' for none), 6 most attempts kept,
 * 7 `pending` | `succeeded` | `failed`, 8 when to try next ('' when it ended), 9 retention (s), 10 most ended ones of
 * a lane that are kept. → `stale` | `ok` and the ids of those to drop
 */
export const RECORD_ATTEMPT = defineScript(`${DELIVERY}
local s = redis.call('HMGET', delivery, 'status', 'round')
if s[1] ~= 'pending' or s[2] ~= ARGV[3] then return { 'stale' } end
if ARGV[5] ~= '' then
  local n = redis.call('HINCRBY', delivery, 'attempts', 1)
  redis.call('HINCRBY', delivery, 'tries', 1)
  redis.call('HSET', delivery, 'attempt_' .. n, ARGV[5])
  redis.call('HDEL', delivery, 'attempt_' .. (n - tonumber(ARGV[6])))
end
if ARGV[7] == 'pending' then
  redis.call('HSET', delivery, 'next_attempt_at', ARGV[8])
  keep()
  return { 'ok' }
end
redis.call('HSET', delivery, 'status', ARGV[7], 'completed_at', ARGV[4])
redis.call('HDEL', delivery, 'next_attempt_at')
redis.call('EXPIRE', delivery, ARGV[9])
redis.call('ZADD', ended, ARGV[4], id)
keep()
wait(-1)
local surplus = math.max(redis.call('ZCARD', ended) - ARGV[10],
  redis.call('ZCOUNT', ended, '-inf', ARGV[4] - ARGV[9] * 1000))
if surplus <= 0 then return { 'ok' } end
local oldest = redis.call('ZRANGE', ended, 0, math.min(surplus, 100) - 1)
redis.call('ZREM', ended, unpack(oldest))
redis.call('ZREM', deliveries, unpack(oldest))
return { 'ok', unpack(oldest) }
`);

/**
 * Begins anew, also while it is pending: then at once. ARGV: 3 now. → `absent` | `ok`
 */
export const REPLAY = defineScript(`${DELIVERY}
local status = redis.call('HGET', delivery, 'status')
if not status then return { 'absent' } end
if status ~= 'pending' then
  wait(1)
  redis.call('ZREM', ended, id)
  redis.call('HDEL', delivery, 'completed_at')
  redis.call('PERSIST', delivery)
end
keep()
redis.call('HSET', delivery, 'status', 'pending', 'tries', 0, 'next_attempt_at', ARGV[3])
send(redis.call('HINCRBY', delivery, 'round', 1))
return { 'ok' }
`);

/**
 * May an attempt begin at this receiver? One that failed last time gets a single attempt at a time. Who has to wait is
 * told when, further apart the slower the receiver is, so that a long line costs little.
 * KEYS: leases, lane. ARGV: 1 token, 2 how long a lease lasts (ms), 3 most leases, 4 longest wait (ms).
 * → `leased` | `wait` ms
 */
export const ACQUIRE = defineScript(`
local leases, lane = unpack(KEYS)
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local s = redis.call('HMGET', lane, 'failing', 'latency_ms', 'slot')
local most = s[1] == '1' and 1 or tonumber(ARGV[3])
redis.call('ZREMRANGEBYSCORE', leases, '-inf', now)
if redis.call('ZCARD', leases) < most then
  redis.call('ZADD', leases, now + ARGV[2], ARGV[1])
  redis.call('PEXPIRE', leases, ARGV[2])
  return { 'leased' }
end
local apart = math.max(math.ceil(tonumber(s[2] or 0) / most), 10)
local slot = math.min(math.max(tonumber(s[3] or 0), now) + apart, now + ARGV[4])
redis.call('HSET', lane, 'slot', slot)
redis.call('PEXPIRE', lane, 2 * ARGV[4])
return { 'wait', slot - now }
`);

/**
 * KEYS: leases, lane. ARGV: 1 token, 2 how long the rest is remembered (ms), and if an attempt was made: 3 `1` when it
 * failed, else `0`, 4 its latency (ms). → `ok`
 */
export const RELEASE = defineScript(`
redis.call('ZREM', KEYS[1], ARGV[1])
if ARGV[3] then
  redis.call('HSET', KEYS[2], 'failing', ARGV[3], 'latency_ms', ARGV[4])
  redis.call('PEXPIRE', KEYS[2], ARGV[2])
end
return { 'ok' }
`);
