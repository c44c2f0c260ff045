// A long time under load: nothing is lost, and no process grows. What each took is written to test/faults/results.
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, type TestContext } from 'vitest';
import { canSeeProcesses } from '../support/processes/process-tree.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { insist, untilEnded } from './harness/client.ts';
import { startCluster } from './harness/cluster.ts';
import { watchFootprints } from './harness/footprints.ts';
import { createLedger, nothingWrong } from './harness/ledger.ts';
import { smallPhotos } from './harness/pictures.ts';
import { seed } from './harness/seed.ts';
import { settings } from './harness/settings.ts';

const results = fileURLToPath(new URL('results/', import.meta.url));
const SAMPLES = 100;
const CLIENTS = 2;
const PHOTOS = 50;
/** Less than the pixels of 250 pictures; half an hour has thousands of them. */
const MOST_GROWTH_BYTES = 64 * 2 ** 20;
/** Connections come and go; one that stays for each caption, or each client, would be hundreds. */
const MOST_NEW_DESCRIPTORS = 20;

describe.skipIf(!redisIsAvailable || !canSeeProcesses)('the service', () => {
  it(`does not grow in ${settings.soakMs / 1_000} s of work`, {
    timeout: settings.timeoutMs,
  }, async ({ onTestFinished }: TestContext) => {
    const env = { RETENTION_SECONDS: '60', FEATURE_CACHE_TTL_SECONDS: '60' };
    const cluster = await startCluster({ encoders: 1, decoders: 1, env });
    onTestFinished(() => cluster.stop());
    const { url, services } = cluster;
    const photos = await smallPhotos(PHOTOS);
    const ledger = createLedger();
    const work = async (untilMs: number, name: string) => {
      for (let count = 0; performance.now() < untilMs; count += 1) {
        const picture = photos[count % photos.length] as Uint8Array;
        const id = await insist(url, { picture, key: `${name}-${count}`, ledger });
        expect(await untilEnded(url, id, { ledger })).toMatchObject({ status: 'succeeded' });
      }
    };
    const watch = watchFootprints({
      processes: Object.fromEntries(services.map(({ name, pid }) => [name, pid] as const)),
      intervalMs: settings.soakMs / SAMPLES,
    });
    const untilMs = performance.now() + settings.soakMs;
    await Promise.all(Array.from({ length: CLIENTS }, (_, n) => work(untilMs, `client-${n}`)));
    const trends = watch.stop();

    await mkdir(results, { recursive: true });
    const report = { seed, soakMs: settings.soakMs, captions: ledger.acknowledged.length, trends };
    await writeFile(`${results}soak.json`, `${JSON.stringify(report, undefined, 1)}\n`);
    expect(ledger.audit()).toEqual(nothingWrong);
    expect(Object.keys(trends).sort()).toEqual(['api', 'decoder-worker', 'encoder-worker']);
    for (const [name, { samples, last }] of Object.entries(trends)) {
      const middle = samples[Math.floor(samples.length / 2)] as typeof last;
      const grewBytes = last.residentBytes - middle.residentBytes;
      console.info(
        `${name}: ${Math.round(last.residentBytes / 2 ** 20)} MiB, ${last.descriptors} descriptors`,
      );
      expect(grewBytes, name).toBeLessThan(MOST_GROWTH_BYTES);
      expect(last.descriptors - middle.descriptors, name).toBeLessThan(MOST_NEW_DESCRIPTORS);
    }
  });
});
