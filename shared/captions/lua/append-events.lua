-- What the decoder has so far. args.events: type and data (JSON) of each; at least one.
if not held('decode') then return reply('lost') end
local eventId = appendProgress()
touch()
hint(eventId)
return reply('ok')
