// Promise 1: every caption answered with 202 reaches a terminal state, and webhooks tell of it, whatever is killed.
import { setTimeout } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { describe, expect, it, type TestContext } from 'vitest';
import { createQueueSide, randomPrefix } from '../support/pipeline/pipeline.ts';
import { redisIsAvailable, startRedis } from '../support/redis/redis.ts';
import { startReceiver } from '../support/webhooks/webhooks.ts';
import { insist, untilEnded } from './harness/client.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { inspectRecords } from './harness/inspect-records.ts';
import { createLedger, type Ledger, nothingWrong } from './harness/ledger.ts';
import { smallPhotos } from './harness/pictures.ts';
import { randomFor, shuffled } from './harness/seed.ts';
import { settings } from './harness/settings.ts';
import { createEndpoint } from './harness/webhook-endpoint.ts';

const DIFFERENT_PHOTOS = 8;
const CLIENTS = 4;
/** What a dead API had begun to tell is told within 15 s by the next; an attempt that failed is repeated after 5 s. */
const TELLING = { timeout: 30_000, interval: 200 };
/** What is documented of a durable server that writes its file every second. */
const EVERYSEC_BOUND_MS = 2_000;

describe.skipIf(!redisIsAvailable)('a caption that was answered with 202', () => {
  it(`ends, and as it would have undisturbed: ${settings.uploads} uploads, ${settings.kills} kills`, {
    timeout: settings.timeoutMs,
  }, async ({ onTestFinished }: TestContext) => {
    const cluster = await startCluster({
      encoders: 1,
      decoders: 1,
      env: {
        FEATURE_CACHE_TTL_SECONDS: '0',
        RESULT_CACHE_TTL_SECONDS: '0',
        OUTBOUND_ALLOW: 'loopback',
      },
    });
    onTestFinished(() => cluster.stop());
    const { url } = cluster;
    const receiver = await startReceiver();
    onTestFinished(() => receiver.close());
    const photos = await smallPhotos(DIFFERENT_PHOTOS);
    const caption = async (index: number) => {
      const id = await insist(url, { picture: photos[index] as Uint8Array, key: `calm-${index}` });
      return (await untilEnded(url, id)).output;
    };
    const undisturbed = await Promise.all(photos.map((_photo, index) => caption(index)));

    await createEndpoint(url, receiver);
    const ledger = createLedger();
    let next = 0;
    const client = async () => {
      while (next < settings.uploads) {
        const index = next;
        next += 1;
        const picture = photos[index % photos.length] as Uint8Array;
        await insist(url, { picture, key: `upload-${index}`, ledger });
      }
    };
    await Promise.all([...Array.from({ length: CLIENTS }, client), killAtRandom(cluster, ledger)]);
    for (const { id } of ledger.acknowledged) await untilEnded(url, id, { ledger });
    const untold = () => {
      for (const { body, headers } of receiver.received.splice(0)) {
        const captionId = JSON.parse(body).data.id;
        ledger.deliver({ webhookId: headers['webhook-id'] ?? '', captionId });
      }
      return ledger.untold();
    };
    await expect.poll(untold, TELLING).toEqual([]);

    expect(ledger.audit()).toEqual(nothingWrong);
    expect(ledger.acknowledged).toHaveLength(settings.uploads);
    for (const { id, key } of ledger.acknowledged) {
      const index = Number(key.split('-')[1]) % photos.length;
      expect(ledger.endOf(id)).toMatchObject({ status: 'succeeded', output: undisturbed[index] });
    }
    const ids = ledger.acknowledged.map(({ id }) => id);
    expect(await inspectRecords(cluster, ids)).toEqual({ endedTwice: [], leftovers: [] });
  });

  it('is lost with a Redis that syncs every second at most when the last two seconds are', async ({
    onTestFinished,
  }) => {
    const server = await startRedis({ config: { appendfsync: 'everysec' } });
    onTestFinished(() => server.stop());
    const prefix = randomPrefix();
    const side = await createQueueSide({ url: server.url, prefix, queueLimit: 10_000 });
    onTestFinished(() => side.close());
    const acknowledged: { id: string; atMs: number }[] = [];
    const untilMs = Date.now() + 1.5 * EVERYSEC_BOUND_MS;
    while (Date.now() < untilMs) {
      const { id } = await side.post(acknowledged.length % 250);
      acknowledged.push({ id, atMs: Date.now() });
      // A quick machine would fill the queue before the time is over.
      await setTimeout(1);
    }
    await server.crash();
    const killedMs = Date.now();
    await server.revive();
    const redis = new Redis(server.url);
    onTestFinished(() => redis.disconnect());
    const lost = [];
    for (const one of acknowledged) {
      if ((await redis.exists(`${prefix}:caption:${one.id}`)) === 0) lost.push(one);
    }
    console.info(`everysec: ${lost.length} of ${acknowledged.length} lost`);
    expect(acknowledged.filter(({ atMs }) => killedMs - atMs > EVERYSEC_BOUND_MS)).not.toEqual([]);
    expect(lost.filter(({ atMs }) => killedMs - atMs > EVERYSEC_BOUND_MS)).toEqual([]);
  });
});

/** Spread over the uploads: each kind in turn, in an order by the seed, so that none is missed. */
async function killAtRandom(cluster: Cluster, ledger: Ledger): Promise<void> {
  const { services, redis, network } = cluster;
  const random = randomFor('kills');
  const strikes = services.map((service) => async () => {
    await service.kill();
    await service.restart();
  });
  strikes.push(
    async () => {
      await redis.crash();
      await redis.revive();
    },
    async () => network.cut(),
    // As a power cut has it.
    async () => {
      await Promise.all([redis.crash(), ...services.map((service) => service.kill())]);
      await redis.revive();
      await Promise.all(services.map((service) => service.restart()));
    },
  );
  for (let done = 0; done < settings.kills; ) {
    for (const strike of shuffled(strikes, random)) {
      if (done === settings.kills) break;
      const share = (done + random()) / settings.kills;
      await ledger.untilAcknowledged(Math.floor(share * settings.uploads));
      await strike();
      done += 1;
    }
  }
}
