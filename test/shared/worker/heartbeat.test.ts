// What workers say of themselves is read one by one: a damaged beat hides no other.

import { buildKeys } from '@caption-queue/redis/keys';
import { createHeartbeats, createHeartbeatWriter } from '@caption-queue/worker/heartbeat';
import { expect, it } from 'vitest';
import { endWithTest } from '../../support/end-with-test.ts';
import { createQueueSide, silentLogger, soon } from '../../support/pipeline/pipeline.ts';
import { redisIsAvailable, startRedis } from '../../support/redis/redis.ts';

it.skipIf(!redisIsAvailable)('the list leaves out what cannot be read', async () => {
  const server = endWithTest(await startRedis());
  const side = endWithTest(await createQueueSide({ url: server.url }));
  const { redis, prefix } = side;
  const keys = buildKeys(prefix);
  const common = { redis, prefix, stage: 'encode', engine: 'onnx', logger: silentLogger } as const;
  const writer = endWithTest(createHeartbeatWriter(common));
  for (const [id, beat] of Object.entries({ cut: '{"id":"cut"', shapeless: '{}' })) {
    await redis.set(keys.heartbeat(id), beat);
    await redis.zadd(keys.heartbeats, Date.now(), id);
  }
  const { list } = createHeartbeats({ redis, prefix });
  await expect.poll(list, soon).toEqual([writer.current]);
});
