// Redis dies, freezes, comes late: requests are refused soon, and work goes on soon after it returns.
import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { createCaptionStore } from '@caption-queue/captions/store';
import { createStageQueues } from '@caption-queue/jobs/queues';
import { closeRedis, createRedis, redisProblem } from '@caption-queue/redis/connection';
import { createHeartbeats, createHeartbeatWriter } from '@caption-queue/worker/heartbeat';
import type { Redis } from 'ioredis';
import { describe, it } from 'vitest';
import {
  createQueueSide,
  createWorkerSide,
  defaultOptions,
  fakeCaption,
  fakeInput,
  flatPixels,
  randomPrefix,
  silentLogger,
  soon,
} from '../support/pipeline/pipeline.ts';
import { redisIsAvailable, startRedis } from '../support/redis/redis.ts';

/** What is promised. */
const REFUSAL_MS = 2_500;
const RESUME_MS = 10_000;

function happens(redis: Redis, event: 'close' | 'connect'): Promise<void> {
  return new Promise((resolve) => {
    redis.once(event, () => resolve());
  });
}

async function elapsedMs(work: () => Promise<unknown>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}

describe.skipIf(!redisIsAvailable).concurrent('without Redis', () => {
  it('an upload is refused at once, and taken as soon as Redis is back', async ({ expect }) => {
    const server = await startRedis();
    const side = await createQueueSide({ url: server.url });
    const workers = createWorkerSide({ url: server.url, prefix: side.prefix });
    await side.untilEnded((await side.post(1)).id);
    const kept = await side.post(2);

    await server.crash();
    const refused = () => expect(side.post(3)).rejects.toMatchObject({ code: 'redis_unavailable' });
    expect(await elapsedMs(refused)).toBeLessThan(REFUSAL_MS);
    await expect(side.store.get(kept.id)).rejects.toMatchObject({ code: 'redis_unavailable' });

    await server.revive();
    const resumed = await elapsedMs(async () => {
      await expect.poll(() => redisProblem(side.redis), soon).toBeNull();
      const { id } = await side.post(4);
      expect((await side.untilEnded(id)).output?.caption).toBe(fakeCaption(4));
    });
    expect(resumed).toBeLessThan(RESUME_MS);
    expect((await side.untilEnded(kept.id)).output?.caption).toBe(fakeCaption(2));
    await workers.stop();
    await side.close();
    await server.stop();
  });

  it('a frozen server is given up within the deadline, and work goes on when it thaws', async ({
    expect,
  }) => {
    const server = await startRedis();
    const side = await createQueueSide({ url: server.url });
    const workers = createWorkerSide({ url: server.url, prefix: side.prefix });
    await side.untilEnded((await side.post(1)).id);

    await server.pause();
    const refused = () => expect(side.post(3)).rejects.toMatchObject({ code: 'redis_unavailable' });
    expect(await elapsedMs(refused)).toBeLessThan(REFUSAL_MS);
    await happens(workers.redis, 'close'); // the worker has given its silent connection up, too
    await happens(workers.redis, 'connect'); // and got a new one, accepted by a server that says nothing
    await server.resume();
    const resumed = await elapsedMs(async () => {
      await expect.poll(() => redisProblem(side.redis), soon).toBeNull();
      const { id } = await side.post(4);
      expect((await side.untilEnded(id)).output?.caption).toBe(fakeCaption(4));
    });
    expect(resumed).toBeLessThan(RESUME_MS);
    await workers.stop();
    await side.close();
    await server.stop();
  });

  it('everything starts all the same, says so, and works once Redis is there', async ({
    expect,
  }) => {
    const server = await startRedis({ absent: true });
    const { url } = server;
    const prefix = randomPrefix();
    const workers = createWorkerSide({ url, prefix });
    const redis = createRedis({ url, role: 'producer', logger: silentLogger });
    const queues = createStageQueues({ redis, prefix });
    const limits = { queueLimit: 10, queueLimitBytes: 2 ** 30 };
    const store = createCaptionStore({ redis, queues, prefix, limits, retentionSeconds: 60 });
    const writer = createHeartbeatWriter({
      redis,
      prefix,
      stage: 'encode',
      engine: 'fake',
      logger: silentLogger,
    });
    const heartbeats = createHeartbeats({ redis, prefix });
    const upload = {
      tenant: 'default',
      input: fakeInput,
      options: defaultOptions,
      pixels: flatPixels(8),
    };
    await expect(store.create(upload)).rejects.toMatchObject({ code: 'redis_unavailable' });
    await expect(heartbeats.list()).rejects.toMatchObject({ code: 'redis_unavailable' });
    expect(redisProblem(redis)).toMatch(/cannot be reached/);

    await server.revive();
    await expect.poll(() => redisProblem(redis), soon).toBeNull();
    await expect.poll(() => heartbeats.list(), soon).toHaveLength(1);
    const { id } = await store.create(upload);
    await expect
      .poll(async () => (await store.get(id))?.output?.caption, soon)
      .toBe(fakeCaption(8));
    await writer.stop();
    expect(await heartbeats.list()).toEqual([]);
    await workers.stop();
    await queues.close();
    closeRedis(redis);
    await server.stop();
  });

  it('workers that were at work finish it when Redis returns within the lock', async ({
    expect,
  }) => {
    const server = await startRedis();
    const side = await createQueueSide({ url: server.url });
    const gate = new EventEmitter();
    const begun = once(gate, 'begun');
    const released = once(gate, 'released');
    const workers = createWorkerSide({
      url: server.url,
      prefix: side.prefix,
      async encode() {
        gate.emit('begun');
        await released;
        return new Uint8Array(131_076).fill(9);
      },
    });
    const { id } = await side.post(9);
    await begun;
    await server.crash();
    gate.emit('released'); // hands over while nothing is there to take it
    await server.revive();
    expect((await side.untilEnded(id)).output?.caption).toBe(fakeCaption(9));
    expect(workers.encodes).toBe(1);
    await workers.stop();
    await side.close();
    await server.stop();
  });

  it('a server that wants a password gets it', async ({ expect }) => {
    const password = randomBytes(8).toString('hex');
    const server = await startRedis({ config: { requirepass: password }, absent: true });
    const url = server.url.replace('redis://', `redis://:${password}@`);
    await server.revive(url);
    const side = await createQueueSide({ url });
    const workers = createWorkerSide({ url, prefix: side.prefix });
    expect((await side.untilEnded((await side.post(2)).id)).status).toBe('succeeded');
    await workers.stop();
    await side.close();
    await server.stop();
  });
});
