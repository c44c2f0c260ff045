-- A batch with room for all its captions, or nothing is written. They follow in the same transaction. args.id is the
-- batch's; the keys of a caption among the common ones are not used.
local answer = repeated() or full(tonumber(args.waiting))
if answer then return answer end
local ids = cjson.decode(args.captionIds)
redis.call('HSET', keys.batch, 'id', id, 'tenant', args.tenant, 'created_at', now, 'total', #ids,
  unpack(flatten(cjson.decode(args.fields))))
redis.call('RPUSH', keys.batch .. ':items', unpack(ids))
bind()
return reply('created')
