-- A worker that must stop gives its claim back, as if it had never taken it; its fence is spent all the same, so that
-- nothing it still has under way counts.
if not held(args.stage) then return reply('lost') end
redis.call('HINCRBY', keys.record, 'claims_' .. args.stage, -1)
redis.call('HINCRBY', keys.record, 'fence', 1)
set('enqueued_at', now)
touch()
return reply('ok')
