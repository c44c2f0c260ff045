-- A caption that needs no work: created and ended in one, with the data (JSON) of args.words as events.
if keys.batch then
  if redis.call('EXISTS', keys.batch) == 0 then return reply('skipped') end
else
  local answer = repeated()
  if answer then return answer end
  bind()
end
createRecord('')
for _, word in ipairs(cjson.decode(args.words)) do append('word', word) end
finish(args.status)
return reply('created')
