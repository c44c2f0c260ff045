// How a caption comes into being. See prelude.ts for keys and arguments.
import { PRELUDE } from './prelude.ts';
import { defineScript } from './run-script.ts';

/**
 * Admission and birth in one: nothing is written when the queue is full.
 * ARGV: 3 most captions in work, 4 pixels, 5 seconds until it expires or '', then fields and values of the record.
 * → `created` | `full`
 */
export const CREATE = defineScript(`${PRELUDE}
if redis.call('ZCARD', active) >= tonumber(ARGV[3]) then return { 'full' } end
set('id', id, 'stage', 'encode', 'dispatch', 1, 'fence', 0, 'claims_encode', 0, 'claims_decode', 0, 'words', 0,
  'created_at', now, 'enqueued_at', now, 'queue_ms', 0, 'sequence', redis.call('INCR', admitted), unpack(ARGV, 6))
if ARGV[5] ~= '' then
  local expiresAt = now + ARGV[5] * 1000
  set('expires_at', expiresAt)
  redis.call('ZADD', deadlines, expiresAt, id)
end
redis.call('SET', pixels, ARGV[4])
redis.call('ZADD', index, 0, get('tenant')[1] .. '/' .. id)
touch()
setStatus('queued')
return { 'created' }
`);
