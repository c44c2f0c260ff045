// Promise 3: a picture that kills whoever touches it fails visibly, and alone.
// That one which crashes the decoder in the API takes down one child is proven in test/services/api/uploads/imaging/pool.test.ts.
import { MAX_CLAIMS } from '@caption-queue/contract/jobs';
import { buildKeys } from '@caption-queue/redis/keys';
import { Redis } from 'ioredis';
import { describe, expect, it, type TestContext } from 'vitest';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { idOf, insist, post, untilEnded } from './harness/client.ts';
import { startCluster } from './harness/cluster.ts';
import { buildFaultyWorkers } from './harness/faulty-builds.ts';
import { keepAlive } from './harness/keep-alive.ts';
import { deadlyPicture, smallPhotos } from './harness/pictures.ts';
import { settings } from './harness/settings.ts';

const OTHERS = 6;
/** By promise 2, a death is noticed and the picture taken up again within this time. */
const MOST_MS_A_DEATH = 15_000;

describe.skipIf(!redisIsAvailable)('a picture that kills its worker each time', () => {
  it('fails with a code when its claims are used up, and the others finish', {
    timeout: settings.timeoutMs,
  }, async ({ onTestFinished }: TestContext) => {
    const builds = await buildFaultyWorkers();
    onTestFinished(() => builds.remove());
    const entries = { 'encoder-worker': builds.encoder };
    const cluster = await startCluster({ encoders: 2, decoders: 1, entries });
    onTestFinished(() => cluster.stop());
    const { url } = cluster;
    const supervisor = keepAlive(cluster.encoders);
    onTestFinished(() => supervisor.stop());
    const redis = new Redis(cluster.redis.url);
    onTestFinished(() => redis.disconnect());
    const photos = await smallPhotos(OTHERS);

    const poison = await idOf(await post(url, { picture: await deadlyPicture() }));
    const record = buildKeys(cluster.prefix).caption(poison);
    await redis.hincrby(record, 'claims_encode', settings.claimsBefore);
    const others = await Promise.all(
      photos.map((picture, index) => insist(url, { picture, key: `other-${index}` })),
    );
    for (const id of others)
      expect(await untilEnded(url, id)).toMatchObject({ status: 'succeeded' });
    const patienceMs = (MAX_CLAIMS - settings.claimsBefore) * MOST_MS_A_DEATH;
    expect(await untilEnded(url, poison, { patienceMs })).toMatchObject({
      status: 'failed',
      error: { code: 'too_many_attempts' },
    });
    supervisor.stop();
    const deaths = [...supervisor.deaths.values()].reduce((sum, count) => sum + count, 0);
    expect(deaths).toBe(MAX_CLAIMS - settings.claimsBefore);
    expect(await redis.hget(record, 'claims_encode')).toBe(String(MAX_CLAIMS));
  });
});
