// What the transition scripts share. Each is one atomic step: it checks what it leaves, and writes all or nothing.

/** Streams outlive the terminal event by this much, for readers that reconnect; then the record serves. */
const STREAM_EXPIRY_SECONDS = 3_600;

/**
 * KEYS: see `scriptKeys` (store-context.ts). ARGV[1] is the hint channel, ARGV[2] the caption's id; a script's own
 * arguments follow. Times are the server's, so that hosts needn't agree on theirs.
 */
export const PRELUDE = `
local record, events, pixels, features, tombstone, active, activeBulk, index, deadlines, purges, counts, outbox,
  subscribers = unpack(KEYS)
local channel, id = ARGV[1], ARGV[2]

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local terminalEvent = { succeeded = 'completed', failed = 'failed', canceled = 'canceled', expired = 'expired' }

local function get(...)
  return redis.call('HMGET', record, ...)
end

local function set(...)
  redis.call('HSET', record, ...)
end

local function append(kind, data)
  return redis.call('XADD', events, '*', 'type', kind, 'data', data)
end

local function hint(eventId)
  redis.call('PUBLISH', channel, eventId)
end

-- Moves the caption to its new status in the list of its tenant.
local function reindex(tenant, from, to)
  if from then redis.call('ZREM', index, tenant .. '/' .. from .. '/' .. id) end
  redis.call('ZADD', index, 0, tenant .. '/' .. to .. '/' .. id)
end

local function setStatus(status)
  local s = get('tenant', 'status')
  reindex(s[1], s[2], status)
  set('status', status)
  hint(append('status', '{"status":"' .. status .. '"}'))
end

local function touch()
  redis.call('ZADD', active, now, id)
end

-- Tells webhooks of an event, if the tenant has any or \`webhook\` (a URL or nil) is one. \`fields\` (names and values,
-- with the tenant, webhook and webhook_events_filter) are what they will be told, whatever changes later: the record.
-- See services/api/webhooks/fan-out.ts.
local function tell(event, tenant, webhook, fields)
  if webhook or redis.call('SISMEMBER', subscribers, tenant) == 1 then
    redis.call('XADD', outbox, '*', 'event', event, unpack(fields))
  end
end

-- Counts a caption's end in its batch. The last one ends the batch, which then lives as long as captions do.
local function countInBatch(batch, status)
  if redis.call('EXISTS', batch) == 0 then return end
  redis.call('HINCRBY', batch, status, 1)
  local b = redis.call('HMGET', batch, 'total', 'succeeded', 'failed', 'canceled', 'expired', 'tenant', 'webhook',
    'retention_seconds')
  local ended = 0
  for i = 2, 5 do ended = ended + tonumber(b[i] or 0) end
  if ended < tonumber(b[1]) then return end
  local retention = tonumber(b[8])
  redis.call('HSET', batch, 'completed_at', now, 'purge_at', now + retention * 1000)
  redis.call('EXPIRE', batch, retention)
  redis.call('EXPIRE', batch .. ':items', retention)
  redis.call('SET', batch .. ':tombstone', b[6], 'EX', 2 * retention)
  tell('batch.completed', b[6], b[7], redis.call('HGETALL', batch))
end

-- The only way into a terminal state. The event carries no data: readers take it from the record.
local function finish(status)
  local eventId = append(terminalEvent[status], '')
  local s = get('tenant', 'status', 'retention_seconds', 'priority', 'webhook', 'batch_key')
  local tenant, retention = s[1], tonumber(s[3])
  local purgeAt = now + retention * 1000
  reindex(tenant, s[2], status)
  set('status', status, 'completed_at', now, 'purge_at', purgeAt, 'last_event_id', eventId)
  if status == 'succeeded' then set('stage', '') end
  redis.call('DEL', pixels, features)
  redis.call('ZREM', active, id)
  redis.call('SREM', activeBulk, id)
  redis.call('ZREM', deadlines, id)
  redis.call('HINCRBY', counts, 'finished_' .. s[4], 1)
  redis.call('ZADD', purges, purgeAt, tenant .. '/' .. status .. '/' .. id)
  redis.call('EXPIRE', record, retention)
  redis.call('EXPIRE', events, math.min(retention, ${STREAM_EXPIRY_SECONDS}))
  redis.call('SET', tombstone, tenant, 'EX', 2 * retention)
  tell('caption.' .. status, tenant, s[5], redis.call('HGETALL', record))
  if s[6] then countInBatch(s[6], status) end
  hint(eventId)
end

-- Has the deadline of a caption in work passed? Then this ends it.
local function overdue()
  local expiresAt = get('expires_at')[1]
  if not expiresAt or now < tonumber(expiresAt) then return false end
  finish('expired')
  return true
end

-- Is the caption still in this stage, under this dispatch, held by this claim, and in time?
local function held(stage, dispatch, fence)
  local s = get('status', 'stage', 'dispatch', 'fence')
  return s[1] and not terminalEvent[s[1]] and s[2] == stage and s[3] == dispatch and s[4] == fence and not overdue()
end
`;
