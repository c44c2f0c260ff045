-- The fetcher's last write: the picture's pixels stored, next stage dispatched.
if not held('fetching') then return reply('lost') end
redis.call('SET', keys.pixels, args.pixels)
redis.call('HDEL', keys.record, 'url')
set('stage', 'encode', 'enqueued_at', now, 'input', args.input)
touch()
return dispatchNext('ok')
