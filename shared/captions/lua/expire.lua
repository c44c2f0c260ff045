-- The deadline of a caption has passed.
local status, stage, dispatch = get('status', 'stage', 'dispatch')
if not status or terminalEvent[status] then
  redis.call('ZREM', keys.deadlines, id)
  return reply('kept')
end
if overdue() then return reply('expired', { stage = stage, dispatch = dispatch }) end
return reply('kept')
