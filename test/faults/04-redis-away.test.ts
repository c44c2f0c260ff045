// Promise 4: while Redis is away requests are refused in less than 2.5 s; work resumes within 10 s; nothing is lost.
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { untilEnded } from './harness/client.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { acceptSome, expectRefusal, expectResumption, missingRecords } from './harness/outage.ts';
import { smallPhotos } from './harness/pictures.ts';
import { settings } from './harness/settings.ts';

interface Outage {
  what: string;
  forMs: number;
  begin(cluster: Cluster): unknown;
  end(cluster: Cluster): unknown;
}

const outages: Outage[] = [
  {
    what: 'is killed',
    forMs: settings.outageMs,
    begin: ({ redis }) => redis.crash(),
    end: ({ redis }) => redis.revive(),
  },
  {
    what: 'is frozen',
    forMs: settings.silenceMs,
    begin: ({ redis }) => redis.pause(),
    end: ({ redis }) => redis.resume(),
  },
  {
    what: 'is behind a network that swallows everything',
    forMs: settings.silenceMs,
    begin: ({ network }) => network.blackHole(),
    end: ({ network }) => network.pass(),
  },
  {
    // What was given up arrives in the end, and may be done.
    what: 'is behind a network that holds everything back',
    forMs: settings.outageMs,
    begin: ({ network }) => network.pause(),
    end: ({ network }) => network.pass(),
  },
  {
    what: 'is behind a network that resets everything',
    forMs: settings.outageMs,
    begin: ({ network }) => network.reset(),
    end: ({ network }) => network.pass(),
  },
];

/** Between two posts, so that they don't keep the machine busy. */
const PAUSE_MS = 50;

const seconds = (ms: number) => (ms / 1_000).toFixed(1);

describe.skipIf(!redisIsAvailable)('while Redis', () => {
  let cluster: Cluster;
  let photos: Uint8Array[];
  beforeAll(async () => {
    photos = await smallPhotos(4);
    cluster = await startCluster({ encoders: 1, decoders: 1 });
  }, settings.timeoutMs);
  afterAll(() => cluster?.stop());

  it.each(outages.map((outage) => [outage.what, outage] as const))(
    '%s, uploads are refused at once, and what was accepted is not lost',
    {
      timeout: settings.timeoutMs,
    },
    async (what, { forMs, begin, end }) => {
      const { url } = cluster;
      const [photo] = photos as [Uint8Array];
      const accepted = await acceptSome(url, photos);
      await begin(cluster);
      const awayMs = performance.now();
      let slowestMs = 0;
      do {
        slowestMs = Math.max(slowestMs, await expectRefusal(url, photo));
        await delay(PAUSE_MS);
      } while (performance.now() - awayMs < forMs);
      expect((await fetch(`${url}/readyz`)).status).toBe(503);
      expect((await fetch(`${url}/livez`)).status).toBe(200);
      await end(cluster);
      const resumedMs = await expectResumption(url, photo);
      console.info(
        `${what}: slowest refusal ${seconds(slowestMs)} s, resumed ${seconds(resumedMs)} s`,
      );
      expect(await missingRecords(cluster, accepted)).toEqual([]);
      for (const id of accepted) expect((await untilEnded(url, id)).status).toBe('succeeded');
    },
  );

  it('is only slow, everything goes on', { timeout: settings.timeoutMs }, async () => {
    const { url, network } = cluster;
    network.pass({ delayMs: 100 });
    const ids = await acceptSome(url, photos);
    for (const id of ids) expect((await untilEnded(url, id)).status).toBe('succeeded');
    network.pass();
  });
});
