// A batch comes into being. Its captions follow in the same transaction, see scripts/admission.ts.

import { defineScript } from '@caption-queue/redis/script';
import { ADMISSION } from './admission.ts';

/**
 * Room for all its captions, or nothing is written. The id (ARGV 2) is the batch's; the keys of a caption among the
 * common ones are not used. KEYS: 14 the Idempotency-Key's binding, 15 the batch. ARGV: 3 hash of the request,
 * 4 tenant, 5 priority, 6 to 8 most captions in work (all, bulk, tenant), 9 how many of its captions need work,
 * 10 how many it has, then their ids, then fields and values of its record.
 * → `created` | `repeated` id | `conflict` | `full` all|bulk|tenant
 */
export const CREATE_BATCH = defineScript(`${ADMISSION}
local batch = KEYS[15]
local answer = repeated(ARGV[3]) or full(tonumber(ARGV[9]), ARGV[4], ARGV[5], { unpack(ARGV, 6, 8) })
if answer then return answer end
local lastId = 10 + ARGV[10]
redis.call('HSET', batch, 'id', id, 'tenant', ARGV[4], 'created_at', now, 'total', ARGV[10], unpack(ARGV, lastId + 1))
redis.call('RPUSH', batch .. ':items', unpack(ARGV, 11, lastId))
bind(ARGV[3])
return { 'created' }
`);
