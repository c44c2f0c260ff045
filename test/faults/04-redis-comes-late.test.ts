// Promise 4, the beginning: a service that is started before its Redis refuses until it comes, and then works.
import { describe, it } from 'vitest';
import { untilOk } from '../support/processes/service-process.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { startCluster } from './harness/cluster.ts';
import { expectRefusal, expectResumption } from './harness/outage.ts';
import { smallPhotos } from './harness/pictures.ts';
import { settings } from './harness/settings.ts';

describe.skipIf(!redisIsAvailable)('a service that is started before its Redis', () => {
  it('refuses until it comes, and then works', {
    timeout: settings.timeoutMs,
  }, async ({ onTestFinished }) => {
    const [photo] = (await smallPhotos(1)) as [Uint8Array];
    const cluster = await startCluster({ encoders: 1, decoders: 1, redisAbsent: true });
    onTestFinished(() => cluster.stop());
    await expectRefusal(cluster.url, photo);
    await cluster.redis.revive();
    await expectResumption(cluster.url, photo);
    await untilOk(`${cluster.url}/readyz`);
  });
});
