// What captions and features take in Redis' memory, by its own account: for the sizing of both servers.

import { startStack } from '@caption-queue/test/support/processes/service-stack';
import type { RedisServer } from '@caption-queue/test/support/redis/redis';
import { Redis } from 'ioredis';
import type { Row } from './table.ts';

/**
 * Posts every photo while no worker runs, then lets workers caption them all.
 *
 * @returns a row a kind of thing: how many there were and what one took
 */
export async function benchRedisBytes(options: {
  model: string;
  photos: Uint8Array[];
}): Promise<Row[]> {
  const { model, photos } = options;
  const env = { QUEUE_LIMIT: String(photos.length + 1) };
  const stack = await startStack({ model, encoders: 0, decoders: 0, env });
  try {
    const empty = await usedBytes(stack.redis);
    const emptyCache = await usedBytes(stack.cache);
    const posted = [];
    for (const photo of photos) posted.push(await stack.post(photo));
    const queued = await usedBytes(stack.redis);

    await Promise.all([stack.addWorker('encoder-worker'), stack.addWorker('decoder-worker')]);
    for (const { id } of posted) await stack.finished(id);
    const finished = await usedBytes(stack.redis);
    const cached = await usedBytes(stack.cache);
    // As they go by themselves, an hour later.
    await deleteEvents(stack.redis);
    const kept = await usedBytes(stack.redis);
    const row = (what: string, server: string, bytes: number): Row => ({
      what,
      server,
      measured: photos.length,
      'kB each': bytes / photos.length / 1000,
    });
    return [
      row('caption that waits for its encoder', 'durable', queued - empty),
      row('caption that has just ended', 'durable', finished - empty),
      row('caption that ended an hour ago', 'durable', kept - empty),
      row('picture with its features and caption', 'cache', cached - emptyCache),
    ];
  } finally {
    await stack.stop();
  }
}

async function deleteEvents({ url }: RedisServer): Promise<void> {
  const redis = new Redis(url);
  const keys = await redis.keys('*:events:*');
  await redis.del(keys);
  redis.disconnect();
}

async function usedBytes({ url }: RedisServer): Promise<number> {
  const redis = new Redis(url);
  const info = await redis.info('memory');
  redis.disconnect();
  return Number(/^used_memory:(\d+)/m.exec(info)?.[1]);
}
