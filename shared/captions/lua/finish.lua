-- A claim ends the caption. args.fields: of the record; at least one.
if not held(args.stage) then return reply('lost') end
set(unpack(flatten(cjson.decode(args.fields))))
finish(args.status)
return reply('ok')
