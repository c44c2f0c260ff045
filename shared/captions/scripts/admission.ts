// How a caption comes into being. See prelude.ts for the first keys and arguments.

import { defineScript } from '@caption-queue/redis/script';
import { PRELUDE } from './prelude.ts';

/** A repeated request gets the same caption for this long. */
const IDEMPOTENCY_SECONDS = 24 * 3_600;

export const ADMISSION = `${PRELUDE}
-- Was this request made before? Then what to answer. KEYS[14] is where its Idempotency-Key is bound; without one there
-- is no hash.
local function repeated(hash)
  local bound = hash ~= '' and redis.call('GET', KEYS[14])
  if not bound then return nil end
  local boundHash, boundId = string.match(bound, '(%S+) (%S+)')
  if boundHash ~= hash then return { 'conflict' } end
  return { 'repeated', boundId }
end

local function bind(hash)
  if hash ~= '' then redis.call('SET', KEYS[14], hash .. ' ' .. id, 'EX', ${IDEMPOTENCY_SECONDS}) end
end

-- How many captions of a tenant are in work. '0' follows '/', so the range holds what begins with the path.
local function inWorkOf(tenant)
  local sum = 0
  for _, status in ipairs({ 'queued', 'encoding', 'decoding' }) do
    local path = tenant .. '/' .. status
    sum = sum + redis.call('ZLEXCOUNT', index, '[' .. path .. '/', '(' .. path .. '0')
  end
  return sum
end

-- Would \`count\` more captions be too many? \`most\` has the limits: all, bulk, tenant.
local function full(count, tenant, priority, most)
  if redis.call('ZCARD', active) + count > tonumber(most[1]) then return { 'full', 'all' } end
  if priority == 'bulk' and redis.call('SCARD', activeBulk) + count > tonumber(most[2]) then
    return { 'full', 'bulk' }
  end
  if inWorkOf(tenant) + count > tonumber(most[3]) then return { 'full', 'tenant' } end
  return nil
end

-- Writes the record: \`fields\` (from ARGV, with tenant and priority among them) and what every new caption has.
local function birth(stage, expiresIn, fields)
  set('id', id, 'stage', stage, 'fence', 0, 'claims_fetching', 0, 'claims_encode', 0, 'claims_decode', 0,
    'words', 0, 'created_at', now, 'queue_ms', 0, unpack(fields))
  local s = get('tenant', 'priority')
  set('sequence', redis.call('HINCRBY', counts, 'admitted_' .. s[2], 1))
  redis.call('ZADD', index, 0, s[1] .. '/' .. id)
  if expiresIn ~= '' then
    local expiresAt = now + expiresIn * 1000
    set('expires_at', expiresAt)
    redis.call('ZADD', deadlines, expiresAt, id)
  end
  setStatus('queued')
end

-- Puts a new caption in work, where it counts against admission.
local function enter()
  set('dispatch', 1, 'enqueued_at', now)
  touch()
  if get('priority')[1] == 'bulk' then redis.call('SADD', activeBulk, id) end
end
`;

/**
 * Admission and birth in one: nothing is written when the queue is full.
 * KEYS: 14 the Idempotency-Key's binding, 15 the batch it belongs to, if any: that had its room and its key looked at,
 * and the pixels were stored before. ARGV: 3 hash of the request, 4 seconds until it expires or '', 5 tenant,
 * 6 priority, 7 to 9 most captions in work (all, bulk, tenant), 10 stage, 11 pixels or '', then fields and values of
 * the record. → `created` | `repeated` id | `conflict` | `full` all|bulk|tenant | `skipped` (no such batch)
 */
export const CREATE = defineScript(`${ADMISSION}
if KEYS[15] then
  if redis.call('EXISTS', KEYS[15]) == 0 then return { 'skipped' } end
  redis.call('PERSIST', pixels)
else
  local answer = repeated(ARGV[3]) or full(1, ARGV[5], ARGV[6], { unpack(ARGV, 7, 9) })
  if answer then return answer end
  redis.call('SET', pixels, ARGV[11])
  bind(ARGV[3])
end
birth(ARGV[10], ARGV[4], { 'tenant', ARGV[5], 'priority', ARGV[6], unpack(ARGV, 12) })
enter()
return { 'created' }
`);

/**
 * A caption that needs no work: born and ended in one, with its words as events.
 * KEYS: as for CREATE. ARGV: 3 hash of the request, 4 tenant, 5 priority, 6 terminal status, 7 how many arguments are
 * fields and values of the record, then these, then the data (JSON) of each word.
 * → `created` | `repeated` id | `conflict` | `skipped`
 */
export const CREATE_ENDED = defineScript(`${ADMISSION}
if KEYS[15] then
  if redis.call('EXISTS', KEYS[15]) == 0 then return { 'skipped' } end
else
  local answer = repeated(ARGV[3])
  if answer then return answer end
  bind(ARGV[3])
end
local lastField = 7 + ARGV[7]
birth('', '', { 'tenant', ARGV[4], 'priority', ARGV[5], unpack(ARGV, 8, lastField) })
for i = lastField + 1, #ARGV do append('word', ARGV[i]) end
finish(ARGV[6])
return { 'created' }
`);
