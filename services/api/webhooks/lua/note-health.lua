-- What an attempt says of the endpoint. Nothing but failures for args.limitMs disables it, and an answer 410 at once.
if redis.call('HGET', keys.webhook, 'enabled') ~= '1' then return reply('ok') end
if args.health == 'success' then
  redis.call('HDEL', keys.webhook, 'failing_since')
  return reply('ok')
end
redis.call('HSETNX', keys.webhook, 'failing_since', args.now)
local reason
if args.health == 'gone' then
  reason = 'gone'
elseif args.now - redis.call('HGET', keys.webhook, 'failing_since') >= tonumber(args.limitMs) then
  reason = 'failing'
end
if not reason then return reply('ok') end
redis.call('HSET', keys.webhook, 'enabled', '0', 'disabled_reason', reason)
return reply('disabled', { reason = reason })
