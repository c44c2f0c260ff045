-- A worker takes a job.
local stage = args.stage
local status, current, dispatch, claims, bundleHash =
  get('status', 'stage', 'dispatch', 'claims_' .. stage, 'bundle_hash')
if not status then return reply('gone') end
if terminalEvent[status] or overdue() then return reply('ended') end
local following = { fetching = 'encode', encode = 'decode' }
if following[stage] and current == following[stage] then
  return reply('handed-over', { dispatch = dispatch, priority = get('priority') })
end
if current ~= stage or dispatch ~= args.dispatch then return reply('stale') end
if stage == 'decode' and bundleHash ~= args.bundleHash then
  local first = not get('parked_at')
  if first then set('parked_at', now) end
  return reply('other-bundle', { bundleHash = bundleHash, first = first and 1 })
end
claims = tonumber(claims)
if claims >= tonumber(args.maxClaims) then
  fail(args.tooManyAttempts)
  return reply('exhausted')
end

local work
if stage == 'fetching' then work = get('url')
else work = redis.call('GET', stage == 'encode' and keys.pixels or keys.features) end
if not work then
  if stage == 'decode' then return reply('features-lost', { dispatch = dispatch }) end
  fail(args.pixelsLost)
  return reply('pixels-lost')
end

local waitedMs = 0
local enqueuedAt = get('enqueued_at')
if enqueuedAt then
  waitedMs = math.max(now - tonumber(enqueuedAt), 0)
  redis.call('HINCRBY', keys.record, 'queue_ms', waitedMs)
end
redis.call('HDEL', keys.record, 'parked_at', 'enqueued_at')
redis.call('HSETNX', keys.record, 'started_at', now)
redis.call('HINCRBY', keys.record, 'claims_' .. stage, 1)
local fence = redis.call('HINCRBY', keys.record, 'fence', 1)
touch()
if stage == 'encode' and status == 'queued' then setStatus('encoding') end
if stage == 'decode' and tonumber(get('words')) > 0 then
  set('words', 0)
  hint(append('restarted', '{}'))
end
local options, createdAt, input = get('options', 'created_at', 'input')
return reply('claimed', {
  fence = fence,
  claims = claims + 1,
  options = options,
  createdAt = createdAt,
  waitedMs = waitedMs,
  bundleHash = bundleHash,
  work = work,
  input = input,
})
