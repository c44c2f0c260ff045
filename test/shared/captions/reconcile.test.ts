// Captions whose job was lost are queued again or ended visibly; those that only wait are left alone.
import { MAX_CLAIMS, stageJobId, stageQueues } from '@caption-queue/contract/jobs';
import { createHeartbeatWriter } from '@caption-queue/worker/heartbeat';
import { Queue } from 'bullmq';
import { beforeEach, describe, expect, it } from 'vitest';
import { endWithTest } from '../../support/end-with-test.ts';
import {
  createQueueSide,
  createWorkerSide,
  fakeCaption,
  fakeFeatures,
  type QueueSide,
  silentLogger,
  soon,
  startReconciler,
  type WorkerSideOptions,
} from '../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../support/redis/redis.ts';
import { useRedis } from '../../support/redis/use-redis.ts';

describe.skipIf(!redisIsAvailable)('the reconciler', () => {
  const server = useRedis();
  let side: QueueSide;
  let encodeQueue: Queue;
  beforeEach(async () => {
    side = endWithTest(await createQueueSide({ url: server.url }));
    const prefix = `${side.prefix}:q`;
    encodeQueue = endWithTest(
      new Queue(stageQueues.encode.queue, { connection: side.redis, prefix }),
    );
  });

  const reconcile = (options: { parkLimitSeconds?: number } = {}) =>
    endWithTest(startReconciler(side, { quietMs: 0, ...options }));

  const work = (options: Partial<WorkerSideOptions> = {}) =>
    endWithTest(createWorkerSide({ url: server.url, prefix: side.prefix, ...options }));

  const job = (id: string, dispatch: number) =>
    encodeQueue.getJob(stageJobId(id, 'encode', dispatch));
  const dispatchOf = (id: string) => side.redis.hget(`${side.prefix}:caption:${id}`, 'dispatch');

  it('looks after the others when a record is damaged', async () => {
    const { id: damaged } = await side.post(5, {}, { expiresInSeconds: 1 });
    await side.redis.hdel(`${side.prefix}:caption:${damaged}`, 'retention_seconds');
    await side.redis.zadd(`${side.prefix}:deadlines`, 0, damaged);
    await side.redis.hset(`${side.prefix}:caption:${damaged}`, 'expires_at', 0);
    const { id } = await side.post(6);
    await (await job(id, 1))?.remove();
    reconcile();
    await expect.poll(() => dispatchOf(id), soon).toBe('2');
  });

  it('queues a caption again whose job is gone', async () => {
    const { id } = await side.post(5);
    await (await job(id, 1))?.remove();
    work();
    reconcile();
    expect((await side.untilEnded(id)).output?.caption).toBe(fakeCaption(5));
    expect(await dispatchOf(id)).toBe('3');
  });

  it('queues captions again after the whole queue was lost', async () => {
    const posted = await Promise.all([1, 2, 3, 4].map((value) => side.post(value)));
    await encodeQueue.obliterate({ force: true });
    work();
    reconcile();
    const records = await Promise.all(posted.map(({ id }) => side.untilEnded(id)));
    expect(records.map(({ output }) => output?.caption)).toEqual([1, 2, 3, 4].map(fakeCaption));
  });

  it('queues a caption again whose decode job was lost after the hand-over', async () => {
    const { id } = await side.post(5);
    const outcome = await side.store.claim({ captionId: id, stage: 'encode', dispatch: 1 });
    if (outcome.kind !== 'claimed') throw new Error('not claimed');
    await side.store.handOver({
      claim: outcome.claim,
      features: fakeFeatures(outcome.claim.pixels),
      featureCache: 'miss',
      encodeMs: 1,
      bundleHash: 'bundle-a',
    });
    const decodeQueue = new Queue(stageQueues.decode.queue, {
      connection: side.redis,
      prefix: `${side.prefix}:q`,
    });
    await (await decodeQueue.getJob(stageJobId(id, 'decode', 2)))?.remove();
    await decodeQueue.close();
    work({ stages: ['decode'] });
    reconcile();
    expect((await side.untilEnded(id)).output?.caption).toBe(fakeCaption(5));
  });

  it('ends a caption visibly when its claims are used up', async () => {
    const { id } = await side.post(5);
    for (let n = 0; n < MAX_CLAIMS; n += 1) {
      await side.store.claim({ captionId: id, stage: 'encode', dispatch: 1 });
    }
    await (await job(id, 1))?.remove();
    reconcile();
    expect(await side.untilEnded(id)).toMatchObject({
      status: 'failed',
      error: { code: 'too_many_attempts' },
    });
  });

  it('leaves waiting captions alone, however long they wait', async () => {
    const posted = await Promise.all(Array.from({ length: 20 }, (_, n) => side.post(n)));
    const lost = posted[10]?.id ?? '';
    await (await job(lost, 1))?.remove();
    reconcile();
    // Once the lost one is back, all of them have been looked at.
    await expect.poll(() => dispatchOf(lost), soon).toBe('2');
    await expect.poll(async () => (await side.queues.counts('encode')).waiting, soon).toBe(20);
    const others = posted.filter(({ id }) => id !== lost);
    expect(await Promise.all(others.map(({ id }) => dispatchOf(id)))).toEqual(
      others.map(() => '1'),
    );
  });

  it('encodes a caption again for the decoders that are there, after it was parked too long', async () => {
    const { id } = await side.post(5);
    const old = work({ stages: ['encode'], bundleHash: 'bundle-old' });
    await expect.poll(async () => (await side.store.get(id))?.stage, soon).toBe('decode');
    await old.stop();
    const decoder = work({ stages: ['decode'], bundleHash: 'bundle-new' });
    await expect.poll(() => decoder.outcomes, soon).toContain('parked');
    work({ stages: ['encode'], bundleHash: 'bundle-new' });
    expect((await side.store.get(id))?.status).toBe('decoding');

    reconcile({ parkLimitSeconds: 1 });
    expect((await side.untilEnded(id)).output?.caption).toBe(fakeCaption(5));
  });

  it('leaves a parked caption to a decoder of its bundle that is only busy', async () => {
    const { id } = await side.post(5);
    const encoder = work({ stages: ['encode'], bundleHash: 'bundle-old' });
    await expect.poll(async () => (await side.store.get(id))?.stage, soon).toBe('decode');
    await encoder.stop();
    const busy = endWithTest(
      createHeartbeatWriter({
        redis: side.redis,
        prefix: side.prefix,
        stage: 'decode',
        engine: 'fake',
        logger: silentLogger,
      }),
    );
    const model = { name: 'm', version: '1', graphHash: '', precision: 'fp32' } as const;
    busy.update({ state: 'ready', model: { ...model, bundleHash: 'bundle-old' } });
    const other = work({ stages: ['decode'], bundleHash: 'bundle-new' });
    await expect.poll(() => other.outcomes, soon).toContain('parked');

    reconcile({ parkLimitSeconds: 0 });
    const lost = await side.post(6);
    await (await job(lost.id, 1))?.remove();
    await expect.poll(() => dispatchOf(lost.id), soon).toBe('2'); // it has looked at both
    expect(await dispatchOf(id)).toBe('2');
    work({ stages: ['decode'], bundleHash: 'bundle-old' });
    expect((await side.untilEnded(id)).output?.caption).toBe(fakeCaption(5));
  });

  it('acts in one process at a time, and in another when that one ends', async () => {
    const first = reconcile();
    const lock = () => side.redis.get(`${side.prefix}:reconciler`);
    await expect.poll(lock, soon).not.toBeNull();
    const holder = await lock();
    reconcile();
    await side.post(1);
    await expect
      .poll(() => side.redis.pttl(`${side.prefix}:reconciler`), { ...soon, interval: 20 })
      .toBeGreaterThan(9_800);
    expect(await lock()).toBe(holder);
    await first.stop();
    await expect.poll(lock, soon).not.toBe(holder);
    await expect.poll(lock, soon).not.toBeNull();
  });
});
