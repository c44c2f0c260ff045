-- The job of a caption in work was lost: dispatch it again, or end it when the stage's claims are used up.
local status, stage, dispatch, claims = get('status', 'stage', 'dispatch', 'claims_' .. args.stage)
if not status or terminalEvent[status] or stage ~= args.stage or dispatch ~= args.dispatch then
  return reply('moved')
end
if tonumber(claims) >= tonumber(args.maxClaims) then
  fail(args.tooManyAttempts)
  return reply('exhausted')
end
set('enqueued_at', now)
redis.call('HDEL', keys.record, 'parked_at')
touch()
return dispatchNext('ok')
