// How a caption ends other than by a claim: canceled, deleted, expired. See prelude.ts for keys and arguments.

import { defineScript } from '@caption-queue/redis/script';
import { PRELUDE } from './prelude.ts';

/**
 * In any state before a terminal one; whoever holds a claim has its next write refused.
 * ARGV: 3 tenant. → `absent` | `ended` status | `canceled` stage dispatch
 */
export const CANCEL = defineScript(`${PRELUDE}
local s = get('tenant', 'status', 'stage', 'dispatch')
if s[1] ~= ARGV[3] then return { 'absent' } end
if terminalEvent[s[2]] then return { 'ended', s[2] } end
finish('canceled')
return { 'canceled', s[3], s[4] }
`);

/**
 * Leaves nothing but the tombstone; a caption in work is canceled first.
 * ARGV: 3 tenant. → `absent` | `deleted` | `canceled` stage dispatch
 */
export const DELETE = defineScript(`${PRELUDE}
local s = get('tenant', 'status', 'stage', 'dispatch', 'retention_seconds')
if s[1] ~= ARGV[3] then return { 'absent' } end
local inWork = not terminalEvent[s[2]]
if inWork then
  finish('canceled')
  s[2] = 'canceled'
end
local member = s[1] .. '/' .. s[2] .. '/' .. id
redis.call('DEL', record, events)
redis.call('ZREM', index, member, s[1] .. '/' .. id)
redis.call('ZREM', purges, member)
redis.call('SET', tombstone, s[1], 'EX', s[5])
hint('')
if inWork then return { 'canceled', s[3], s[4] } end
return { 'deleted' }
`);

/** The deadline of a caption has passed. → `expired` stage dispatch | `kept` */
export const EXPIRE = defineScript(`${PRELUDE}
local s = get('status', 'stage', 'dispatch')
if not s[1] or terminalEvent[s[1]] then
  redis.call('ZREM', deadlines, id)
  return { 'kept' }
end
if overdue() then return { 'expired', s[2], s[3] } end
return { 'kept' }
`);
