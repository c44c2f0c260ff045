// Promise 11: replacing every process in turn under load loses nothing, and spends no caption's claims.
import { buildKeys } from '@caption-queue/redis/keys';
import { Redis } from 'ioredis';
import { describe, expect, it, type TestContext } from 'vitest';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { insist, untilEnded } from './harness/client.ts';
import { startCluster } from './harness/cluster.ts';
import { inspectRecords } from './harness/inspect-records.ts';
import { createLedger, nothingWrong } from './harness/ledger.ts';
import { smallPhotos } from './harness/pictures.ts';
import { settings } from './harness/settings.ts';

const CLIENTS = 2;

describe.skipIf(!redisIsAvailable)('a rolling restart', () => {
  it(`under load, ${settings.rollingRounds} times, loses nothing and repeats nothing`, {
    timeout: settings.timeoutMs,
  }, async ({ onTestFinished }: TestContext) => {
    const cluster = await startCluster({
      encoders: 1,
      decoders: 1,
      env: { FEATURE_CACHE_TTL_SECONDS: '0', RESULT_CACHE_TTL_SECONDS: '0' },
    });
    onTestFinished(() => cluster.stop());
    const { url } = cluster;
    const photos = await smallPhotos(4);
    const ledger = createLedger();
    let restarting = true;
    const clients = Array.from({ length: CLIENTS }, async (_, client) => {
      for (let count = 0; restarting; count += 1) {
        const picture = photos[count % photos.length] as Uint8Array;
        await insist(url, { picture, key: `client-${client}-${count}`, ledger });
      }
    });
    await ledger.untilAcknowledged(CLIENTS);
    const codes: (number | null)[] = [];
    for (let round = 0; round < settings.rollingRounds; round += 1) {
      for (const service of [...cluster.services]) {
        codes.push(await service.terminate());
        await service.restart();
      }
    }
    restarting = false;
    await Promise.all(clients);
    for (const { id } of ledger.acknowledged) await untilEnded(url, id, { ledger });

    console.info(`rolling restarts: ${ledger.acknowledged.length} captions meanwhile`);
    expect(codes).toEqual(codes.map(() => 0));
    expect(ledger.audit()).toEqual(nothingWrong);
    const ids = ledger.acknowledged.map(({ id }) => id);
    for (const id of ids) expect(ledger.endOf(id)).toMatchObject({ status: 'succeeded' });
    expect(await inspectRecords(cluster, ids)).toEqual({ endedTwice: [], leftovers: [] });
    const redis = new Redis(cluster.redis.url);
    onTestFinished(() => redis.disconnect());
    for (const id of ids) {
      const claims = redis.hmget(
        buildKeys(cluster.prefix).caption(id),
        'claims_encode',
        'claims_decode',
      );
      expect(await claims).toEqual(['1', '1']);
    }
  });
});
