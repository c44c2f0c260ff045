-- A claim ends the caption. args.events: as of append-events.lua, be it none; args.fields: of the record; at least one.
if not held(args.stage) then return reply('lost') end
appendProgress()
set(unpack(flatten(cjson.decode(args.fields))))
finish(args.status)
return reply('ok')
