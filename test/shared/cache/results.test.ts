// Finished captions in the cache: what cannot be read is a miss.
import { once } from 'node:events';
import {
  type CachedResult,
  createResultReader,
  createResultWriter,
  resultKey,
} from '@caption-queue/cache/results';
import { closeRedis, createRedis } from '@caption-queue/redis/connection';
import { buildKeys } from '@caption-queue/redis/keys';
import type { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultOptions, randomPrefix, silentLogger } from '../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../support/redis/redis.ts';
import { useRedis } from '../../support/redis/use-redis.ts';

const parts = { pixelsHash: 'a'.repeat(64), options: defaultOptions };
const result: CachedResult = {
  output: {
    caption: 'a dog',
    words: [],
    alternatives: [],
    confidence: null,
    tags: [],
    alt_text: null,
    kind: null,
    kind_confidence: null,
  },
  model: { name: 'made-up', version: '1' },
  bundleHash: 'b',
};

describe.skipIf(!redisIsAvailable)('the cache of finished captions', () => {
  const prefix = randomPrefix();
  const server = useRedis();
  let redis: Redis;
  beforeAll(async () => {
    redis = createRedis({ url: server.url, role: 'cache', logger: silentLogger });
    await once(redis, 'ready');
  });
  afterAll(() => {
    if (redis !== undefined) closeRedis(redis);
  });

  const read = () => createResultReader({ redis, prefix, logger: silentLogger }).get(parts);

  it('gives back what was put in', async () => {
    const options = { redis, prefix, ttlSeconds: 60, sharesDurableServer: false };
    await createResultWriter({ ...options, logger: silentLogger }).set(parts, result);
    expect(await read()).toEqual(result);
  });

  it.each([
    ['cut off', JSON.stringify(result).slice(0, -1)],
    ['no JSON', '\0\0'],
    ['empty', ''],
    ['of another shape', JSON.stringify({ caption: 'a dog' })],
  ])('has nothing where an entry is %s', async (_how, entry) => {
    await redis.set(buildKeys(prefix).result(resultKey(parts)), entry);
    expect(await read()).toBeUndefined();
  });
});
