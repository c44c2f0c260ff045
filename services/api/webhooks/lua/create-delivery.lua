-- Keeps a delivery, unless its endpoint is gone or too many wait for the receiver. args.send: nobody else adds its job.
local status = redis.call('HGET', keys.delivery, 'status')
if status then return reply('exists', { status = status }) end
if endpointIsGone() then return reply('gone') end
local waiting = tonumber(redis.call('HGET', keys.waiting, args.lane) or 0)
if waiting >= tonumber(args.mostWaiting) then return reply('full') end
redis.call('HSET', keys.delivery, 'id', args.id, 'lane', args.lane, 'status', 'pending', 'created_at', args.now,
  'round', 1, 'tries', 0, 'attempts', 0, 'next_attempt_at', args.now, unpack(flatten(cjson.decode(args.fields))))
redis.call('ZADD', keys.deliveries, args.now, args.id)
keepLists()
countWaiting(1)
if args.send then send(1) end
return reply('created')
