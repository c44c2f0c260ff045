-- Back to the pixels, when no decoder fits the features or they are gone.
local status, stage, dispatch, claims = get('status', 'stage', 'dispatch', 'claims_encode')
if not status or terminalEvent[status] or stage ~= 'decode' or dispatch ~= args.dispatch then
  return reply('moved')
end
if tonumber(claims) >= tonumber(args.maxClaims) then
  fail(args.tooManyAttempts)
  return reply('exhausted')
end
redis.call('DEL', keys.features)
redis.call('HDEL', keys.record, 'parked_at', 'bundle_hash', 'feature_cache', 'encode_ms')
redis.call('HINCRBY', keys.record, 'fence', 1)
set('stage', 'encode', 'enqueued_at', now)
touch()
setStatus('queued')
return dispatchNext('ok')
