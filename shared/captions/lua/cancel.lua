-- In any state before a terminal one; whoever holds a claim has its next write refused.
local tenant, status, stage, dispatch = get('tenant', 'status', 'stage', 'dispatch')
if tenant ~= args.tenant then return reply('absent') end
if terminalEvent[status] then return reply('ended', { status = status }) end
finish('canceled')
return reply('canceled', { stage = stage, dispatch = dispatch })
