-- What the scripts of a delivery share. Times are milliseconds.

-- A receiver's lists are forgotten after this long without news; far above any wait between attempts.
local LISTS_EXPIRY_SECONDS = 30 * 24 * 3600

-- Has the endpoint that it goes to been deleted? keys.webhook is nil for a caption's own URL.
local function endpointIsGone()
  return keys.webhook and redis.call('EXISTS', keys.webhook) == 0
end

-- Counts deliveries that haven't ended.
local function countWaiting(change)
  if redis.call('HINCRBY', keys.waiting, args.lane, change) <= 0 then redis.call('HDEL', keys.waiting, args.lane) end
end

local function keepLists()
  redis.call('EXPIRE', keys.deliveries, LISTS_EXPIRY_SECONDS)
  redis.call('EXPIRE', keys.ended, LISTS_EXPIRY_SECONDS)
end

-- Has its job added, by way of the outbox.
local function send(round)
  redis.call('XADD', keys.outbox, '*', 'event', 'deliver', 'delivery', args.id, 'round', round)
end

-- Leaves nothing of it.
local function forget()
  if redis.call('HGET', keys.delivery, 'status') == 'pending' then countWaiting(-1) end
  redis.call('DEL', keys.delivery)
  redis.call('ZREM', keys.deliveries, args.id)
  redis.call('ZREM', keys.ended, args.id)
end
