// Promise 7: a POST is safe to repeat: the same Idempotency-Key is one caption and one job, in whichever process.
import { createStageQueues } from '@caption-queue/jobs/queues';
import { closeRedis, createRedis } from '@caption-queue/redis/connection';
import { describe, expect, it, type TestContext } from 'vitest';
import { silentLogger } from '../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { insist } from './harness/client.ts';
import { startCluster } from './harness/cluster.ts';
import { createLedger, nothingWrong } from './harness/ledger.ts';
import { smallPhotos } from './harness/pictures.ts';
import { settings } from './harness/settings.ts';

const POSTS = 50;

describe.skipIf(!redisIsAvailable)('fifty posts with one key', () => {
  it('at once, to two API processes of which one is killed, are one caption and one job', {
    timeout: settings.timeoutMs,
  }, async ({ onTestFinished }: TestContext) => {
    const cluster = await startCluster({ apis: 2 });
    onTestFinished(() => cluster.stop());
    const [first, second] = cluster.apis;
    const [picture] = (await smallPhotos(1)) as [Uint8Array];
    const ledger = createLedger();
    const posts = Array.from({ length: POSTS }, (_, index) =>
      insist((index % 2 === 0 ? first : second)?.url ?? '', { picture, key: 'one', ledger }),
    );
    await ledger.untilAcknowledged(1);
    await second?.kill();
    await second?.restart();
    const ids = new Set(await Promise.all(posts));

    expect(ids.size).toBe(1);
    expect(ledger.audit()).toEqual({ ...nothingWrong, lost: Array(POSTS).fill([...ids][0]) });
    const redis = createRedis({ url: cluster.redis.url, role: 'worker', logger: silentLogger });
    onTestFinished(() => closeRedis(redis));
    const queues = createStageQueues({ redis, prefix: cluster.prefix });
    // The process that wrote the record may have died before it queued it: the reconciler does, within promise 2's time.
    await expect
      .poll(async () => (await queues.counts('encode')).waiting, { timeout: 15_000 })
      .toBe(1);
    expect(await redis.keys(`${cluster.prefix}:caption:*`)).toHaveLength(1);
    await queues.close();
  });
});
