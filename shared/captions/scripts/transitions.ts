// The transitions that workers and the reconciler make, each one script. See prelude.ts for keys and arguments.

import { defineScript } from '@caption-queue/redis/script';
import { PRELUDE } from './prelude.ts';

/**
 * A worker takes a job. ARGV: 3 stage, 4 dispatch, 5 most claims a stage may have, 6 the worker's bundle hash ('' for
 * an encoder), 7 error (JSON) when the claims are used up, 8 error (JSON) when the pixels are gone.
 * → `gone` | `ended` | `stale` | `exhausted` | `pixels-lost` | `handed-over` dispatch priority |
 *   `other-bundle` hash first | `features-lost` dispatch |
 *   `claimed` fence claims options createdAt waitedMs bundleHash bytes input
 */
export const CLAIM = defineScript(`${PRELUDE}
local stage, dispatch = ARGV[3], ARGV[4]
local s = get('status', 'stage', 'dispatch', 'claims_' .. stage, 'bundle_hash', 'parked_at', 'enqueued_at', 'words',
  'options', 'created_at', 'priority', 'input')
if not s[1] then return { 'gone' } end
if terminalEvent[s[1]] or overdue() then return { 'ended' } end
local following = { fetching = 'encode', encode = 'decode' }
if following[stage] and s[2] == following[stage] then return { 'handed-over', s[3], s[11] } end
if s[2] ~= stage or s[3] ~= dispatch then return { 'stale' } end
if stage == 'decode' and s[5] ~= ARGV[6] then
  local first = s[6] and 0 or 1
  if first == 1 then set('parked_at', now) end
  return { 'other-bundle', s[5], first }
end
local claims = tonumber(s[4])
if claims >= tonumber(ARGV[5]) then
  set('error', ARGV[7])
  finish('failed')
  return { 'exhausted' }
end
local bytes
if stage == 'fetching' then bytes = get('url')[1]
else bytes = redis.call('GET', stage == 'encode' and pixels or features) end
if not bytes then
  if stage == 'decode' then return { 'features-lost', dispatch } end
  set('error', ARGV[8])
  finish('failed')
  return { 'pixels-lost' }
end
local waited = 0
if s[7] then
  waited = math.max(now - tonumber(s[7]), 0)
  redis.call('HINCRBY', record, 'queue_ms', waited)
end
redis.call('HDEL', record, 'parked_at', 'enqueued_at')
redis.call('HSETNX', record, 'started_at', now)
redis.call('HINCRBY', record, 'claims_' .. stage, 1)
local fence = redis.call('HINCRBY', record, 'fence', 1)
touch()
if stage == 'encode' and s[1] == 'queued' then setStatus('encoding') end
if stage == 'decode' and tonumber(s[8]) > 0 then
  set('words', 0)
  hint(append('restarted', '{}'))
end
return { 'claimed', fence, claims + 1, s[9], s[10], waited, s[5] or '', bytes, s[12] }
`);

/**
 * The fetcher's last write: the picture's pixels stored, next stage dispatched.
 * ARGV: 3 dispatch, 4 fence, 5 pixels, 6 input (JSON). → `lost` | `ok` dispatch priority
 */
export const FETCHED = defineScript(`${PRELUDE}
if not held('fetching', ARGV[3], ARGV[4]) then return { 'lost' } end
redis.call('SET', pixels, ARGV[5])
redis.call('HDEL', record, 'url')
set('stage', 'encode', 'enqueued_at', now, 'input', ARGV[6])
touch()
return { 'ok', redis.call('HINCRBY', record, 'dispatch', 1), get('priority')[1] }
`);

/**
 * The encoder's last write: features stored, bundle pinned, next stage dispatched.
 * ARGV: 3 dispatch, 4 fence, 5 features, 6 hit|miss, 7 encode ms, 8 bundle hash. → `lost` | `ok` dispatch priority
 */
export const HAND_OVER = defineScript(`${PRELUDE}
if not held('encode', ARGV[3], ARGV[4]) then return { 'lost' } end
redis.call('SET', features, ARGV[5])
set('stage', 'decode', 'enqueued_at', now, 'feature_cache', ARGV[6], 'encode_ms', ARGV[7], 'bundle_hash', ARGV[8])
local dispatch = redis.call('HINCRBY', record, 'dispatch', 1)
touch()
setStatus('decoding')
return { 'ok', dispatch, get('priority')[1] }
`);

/**
 * ARGV: 3 dispatch, 4 fence, 5 how many of the events are words, then type and data (JSON) of each.
 * → `lost` | `ok`
 */
export const APPEND_EVENTS = defineScript(`${PRELUDE}
if not held('decode', ARGV[3], ARGV[4]) then return { 'lost' } end
local eventId
for i = 6, #ARGV, 2 do eventId = append(ARGV[i], ARGV[i + 1]) end
redis.call('HINCRBY', record, 'words', ARGV[5])
touch()
hint(eventId)
return { 'ok' }
`);

/**
 * A claim ends the caption. ARGV: 3 stage, 4 dispatch, 5 fence, 6 terminal status, then fields and values of the
 * record. → `lost` | `ok`
 */
export const FINISH = defineScript(`${PRELUDE}
if not held(ARGV[3], ARGV[4], ARGV[5]) then return { 'lost' } end
set(unpack(ARGV, 7))
finish(ARGV[6])
return { 'ok' }
`);

/**
 * A worker that must stop gives its claim back, as if it had never taken it; its fence is spent all the same, so that
 * nothing it still has under way counts. ARGV: 3 stage, 4 dispatch, 5 fence. → `lost` | `ok`
 */
export const RELEASE = defineScript(`${PRELUDE}
if not held(ARGV[3], ARGV[4], ARGV[5]) then return { 'lost' } end
redis.call('HINCRBY', record, 'claims_' .. ARGV[3], -1)
redis.call('HINCRBY', record, 'fence', 1)
set('enqueued_at', now)
touch()
return { 'ok' }
`);

/**
 * The job of a caption in work was lost: dispatch it again, or end it when the stage's claims are used up.
 * ARGV: 3 stage and 4 dispatch as found, 5 most claims, 6 error (JSON). → `moved` | `exhausted` | `ok` dispatch priority
 */
export const REDISPATCH = defineScript(`${PRELUDE}
local stage = ARGV[3]
local s = get('status', 'stage', 'dispatch', 'claims_' .. stage)
if not s[1] or terminalEvent[s[1]] or s[2] ~= stage or s[3] ~= ARGV[4] then return { 'moved' } end
if tonumber(s[4]) >= tonumber(ARGV[5]) then
  set('error', ARGV[6])
  finish('failed')
  return { 'exhausted' }
end
set('enqueued_at', now)
redis.call('HDEL', record, 'parked_at')
touch()
return { 'ok', redis.call('HINCRBY', record, 'dispatch', 1), get('priority')[1] }
`);

/**
 * Back to the pixels, when no decoder fits the features or they are gone.
 * ARGV: 3 dispatch as found, 4 most claims, 5 error (JSON). → `moved` | `exhausted` | `ok` dispatch priority
 */
export const RESTART = defineScript(`${PRELUDE}
local s = get('status', 'stage', 'dispatch', 'claims_encode')
if not s[1] or terminalEvent[s[1]] or s[2] ~= 'decode' or s[3] ~= ARGV[3] then return { 'moved' } end
if tonumber(s[4]) >= tonumber(ARGV[4]) then
  set('error', ARGV[5])
  finish('failed')
  return { 'exhausted' }
end
redis.call('DEL', features)
redis.call('HDEL', record, 'parked_at', 'bundle_hash', 'feature_cache', 'encode_ms')
redis.call('HINCRBY', record, 'fence', 1)
set('stage', 'encode', 'enqueued_at', now)
touch()
setStatus('queued')
return { 'ok', redis.call('HINCRBY', record, 'dispatch', 1), get('priority')[1] }
`);
