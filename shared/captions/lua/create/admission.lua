-- What the scripts share that create captions and batches. See prelude.lua for the rest.

-- A repeated request gets the same caption for this long.
local IDEMPOTENCY_SECONDS = 24 * 3600

-- Was this request made before? Then what to answer. keys.binding is where its Idempotency-Key is bound, nil without
-- one; args.requestHash goes with it.
local function repeated()
  local bound = keys.binding and redis.call('GET', keys.binding)
  if not bound then return nil end
  local boundHash, boundId = string.match(bound, '(%S+) (%S+)')
  if boundHash ~= args.requestHash then return reply('conflict') end
  return reply('repeated', { id = boundId })
end

local function bind()
  if keys.binding then
    redis.call('SET', keys.binding, args.requestHash .. ' ' .. id, 'EX', IDEMPOTENCY_SECONDS)
  end
end

-- How many captions of a tenant are in work. '0' follows '/', so the range holds what begins with the path.
local function inWorkOf(tenant)
  local sum = 0
  for _, status in ipairs({ 'queued', 'encoding', 'decoding' }) do
    local path = tenant .. '/' .. status
    sum = sum + redis.call('ZLEXCOUNT', keys.index, '[' .. path .. '/', '(' .. path .. '0')
  end
  return sum
end

-- Would `count` more captions of args.tenant and args.priority be more than args.limits (all, bulk, tenant)?
local function full(count)
  local limits = cjson.decode(args.limits)
  if redis.call('ZCARD', keys.active) + count > limits.all then return reply('full', { part = 'all' }) end
  if args.priority == 'bulk' and redis.call('SCARD', keys.activeBulk) + count > limits.bulk then
    return reply('full', { part = 'bulk' })
  end
  if inWorkOf(args.tenant) + count > limits.tenant then return reply('full', { part = 'tenant' }) end
  return nil
end

-- Writes the record: args.tenant, args.priority and args.fields, and what every new caption has.
local function createRecord(stage)
  set('id', id, 'tenant', args.tenant, 'priority', args.priority, 'stage', stage, 'fence', 0, 'claims_fetching', 0,
    'claims_encode', 0, 'claims_decode', 0, 'words', 0, 'created_at', now, 'queue_ms', 0,
    'sequence', redis.call('HINCRBY', keys.counts, 'admitted_' .. args.priority, 1),
    unpack(flatten(cjson.decode(args.fields))))
  redis.call('ZADD', keys.index, 0, args.tenant .. '/' .. id)
  setStatus('queued')
end
