-- What the decoder has so far. args.events: type and data (JSON) of each; at least one.
if not held('decode') then return reply('lost') end
local eventId
for _, event in ipairs(cjson.decode(args.events)) do eventId = append(event[1], event[2]) end
redis.call('HINCRBY', keys.record, 'words', args.words)
touch()
hint(eventId)
return reply('ok')
