-- What the scripts of captions share. Each is one atomic step: it checks what it leaves, and writes all or nothing.
-- Keys: see `captionKeys` (shared/captions/context.ts). args.id is the caption's (or the batch's) id. Times are the
-- server's milliseconds, so that hosts needn't agree on theirs.

-- Streams outlive the terminal event by this much, for readers that reconnect; then the record serves.
local STREAM_EXPIRY_SECONDS = 3600

local id = args.id

local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

local terminalEvent = { succeeded = 'completed', failed = 'failed', canceled = 'canceled', expired = 'expired' }

-- Fields of the record; false for one that isn't there.
local function get(...)
  return unpack(redis.call('HMGET', keys.record, ...))
end

local function set(...)
  redis.call('HSET', keys.record, ...)
end

local function append(kind, data)
  return redis.call('XADD', keys.events, '*', 'type', kind, 'data', data)
end

-- What the decoder has so far: args.events, of which args.words are words. Answers the last one's id.
local function appendProgress()
  local eventId
  for _, event in ipairs(cjson.decode(args.events)) do eventId = append(event[1], event[2]) end
  if eventId then redis.call('HINCRBY', keys.record, 'words', args.words) end
  return eventId
end

local function hint(eventId)
  redis.call('PUBLISH', keys.hint, eventId)
end

-- Moves the caption to its new status in the list of its tenant.
local function reindex(tenant, from, to)
  if from then redis.call('ZREM', keys.index, tenant .. '/' .. from .. '/' .. id) end
  redis.call('ZADD', keys.index, 0, tenant .. '/' .. to .. '/' .. id)
end

local function setStatus(status)
  local tenant, from = get('tenant', 'status')
  reindex(tenant, from, status)
  set('status', status)
  hint(append('status', '{"status":"' .. status .. '"}'))
end

local function touch()
  redis.call('ZADD', keys.active, now, id)
end

-- Notifies webhooks of an event, if the tenant has any or `webhook` (a URL or false) is one. `fields` (names and
-- values, with the tenant, webhook and webhook_events_filter) are what they get to know, whatever changes later: the
-- record. See services/api/webhooks/fan-out.ts.
local function notify(event, tenant, webhook, fields)
  if webhook or redis.call('SISMEMBER', keys.subscribers, tenant) == 1 then
    redis.call('XADD', keys.outbox, '*', 'event', event, unpack(fields))
  end
end

-- Counts a caption's end in its batch. The last one ends the batch, which then lives as long as captions do.
local function countInBatch(batch, status)
  if redis.call('EXISTS', batch) == 0 then return end
  redis.call('HINCRBY', batch, status, 1)
  local total, retention, tenant, webhook =
    unpack(redis.call('HMGET', batch, 'total', 'retention_seconds', 'tenant', 'webhook'))
  local ended = 0
  for _, count in ipairs(redis.call('HMGET', batch, 'succeeded', 'failed', 'canceled', 'expired')) do
    ended = ended + tonumber(count or 0)
  end
  if ended < tonumber(total) then return end
  retention = tonumber(retention)
  redis.call('HSET', batch, 'completed_at', now, 'purge_at', now + retention * 1000)
  redis.call('EXPIRE', batch, retention)
  redis.call('EXPIRE', batch .. ':items', retention)
  redis.call('SET', batch .. ':tombstone', tenant, 'EX', 2 * retention)
  notify('batch.completed', tenant, webhook, redis.call('HGETALL', batch))
end

-- The only way into a terminal state. The event carries no data: readers take it from the record.
local function finish(status)
  local eventId = append(terminalEvent[status], '')
  local tenant, from, retention, priority, webhook, batch =
    get('tenant', 'status', 'retention_seconds', 'priority', 'webhook', 'batch_key')
  retention = tonumber(retention)
  local purgeAt = now + retention * 1000
  reindex(tenant, from, status)
  set('status', status, 'completed_at', now, 'purge_at', purgeAt, 'last_event_id', eventId)
  if status == 'succeeded' then set('stage', '') end
  redis.call('DEL', keys.pixels, keys.features)
  redis.call('ZREM', keys.active, id)
  redis.call('SREM', keys.activeBulk, id)
  redis.call('ZREM', keys.deadlines, id)
  redis.call('HINCRBY', keys.counts, 'finished_' .. priority, 1)
  redis.call('ZADD', keys.purges, purgeAt, tenant .. '/' .. status .. '/' .. id)
  redis.call('EXPIRE', keys.record, retention)
  redis.call('EXPIRE', keys.events, math.min(retention, STREAM_EXPIRY_SECONDS))
  redis.call('SET', keys.tombstone, tenant, 'EX', 2 * retention)
  notify('caption.' .. status, tenant, webhook, redis.call('HGETALL', keys.record))
  if batch then countInBatch(batch, status) end
  hint(eventId)
end

-- Has the deadline of a caption in work passed? Then this ends it.
local function overdue()
  local expiresAt = get('expires_at')
  if not expiresAt or now < tonumber(expiresAt) then return false end
  finish('expired')
  return true
end

-- Is the caption still in this stage, under args.dispatch, held by the claim of args.fence, and in time? All of them
-- are strings, in the record as in the arguments.
local function held(wanted)
  local status, stage, dispatch, fence = get('status', 'stage', 'dispatch', 'fence')
  return status and not terminalEvent[status] and stage == wanted and dispatch == args.dispatch
    and fence == args.fence and not overdue()
end

-- Ends the caption with an error (JSON).
local function fail(problem)
  set('error', problem)
  finish('failed')
end

-- Dispatches the stage that the record has.
local function dispatchNext(kind)
  return reply(kind, { dispatch = redis.call('HINCRBY', keys.record, 'dispatch', 1), priority = get('priority') })
end
