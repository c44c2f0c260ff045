-- Admits a caption and writes its record: nothing is written when the queue is full. keys.batch is the batch it belongs
-- to, if any: that had its room and its Idempotency-Key looked at, and the pixels were stored before.
if keys.batch then
  if redis.call('EXISTS', keys.batch) == 0 then return reply('skipped') end
  redis.call('PERSIST', keys.pixels)
else
  local answer = repeated() or full(1)
  if answer then return answer end
  redis.call('SET', keys.pixels, args.pixels)
  bind()
end
createRecord(args.stage)
if args.expiresInSeconds then
  local expiresAt = now + args.expiresInSeconds * 1000
  set('expires_at', expiresAt)
  redis.call('ZADD', keys.deadlines, expiresAt, id)
end
-- In work: from now on it counts against admission.
set('dispatch', 1, 'enqueued_at', now)
touch()
if args.priority == 'bulk' then redis.call('SADD', keys.activeBulk, id) end
return reply('created')
