// Promise 12: the cache Redis may be flushed, frozen or dead at any time; captions still finish, and are the same.
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { insist, untilEnded } from './harness/client.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { smallPhotos } from './harness/pictures.ts';
import { settings } from './harness/settings.ts';

const misfortunes: {
  what: string;
  strike(cluster: Cluster): unknown;
  after(cluster: Cluster): unknown;
}[] = [
  {
    what: 'flushed',
    async strike({ cache }) {
      const redis = new Redis(cache.url);
      await redis.flushall();
      redis.disconnect();
    },
    after: () => undefined,
  },
  { what: 'frozen', strike: ({ cache }) => cache.pause(), after: ({ cache }) => cache.resume() },
  { what: 'dead', strike: ({ cache }) => cache.crash(), after: ({ cache }) => cache.revive() },
];

describe.skipIf(!redisIsAvailable)('a cache', () => {
  let cluster: Cluster;
  let photos: Uint8Array[];
  let undisturbed: unknown[];

  const captionAll = async (round: string) => {
    const ids = await Promise.all(
      photos.map((picture, index) => insist(cluster.url, { picture, key: `${round}-${index}` })),
    );
    const ended = await Promise.all(ids.map((id) => untilEnded(cluster.url, id)));
    return ended.map(({ status, output }) => ({ status, output }));
  };

  beforeAll(async () => {
    photos = await smallPhotos(4);
    cluster = await startCluster({ encoders: 1, decoders: 1 });
    undisturbed = await captionAll('calm');
  }, settings.timeoutMs);
  afterAll(() => cluster?.stop());

  it.each(misfortunes.map((one) => [one.what, one] as const))(
    'that is %s in the middle of work costs no caption',
    {
      timeout: settings.timeoutMs,
    },
    async (what, { strike, after }) => {
      const before = captionAll(`${what}-before`);
      await strike(cluster);
      expect(await before).toEqual(undisturbed);
      expect(await captionAll(`${what}-during`)).toEqual(undisturbed);
      await after(cluster);
      expect(await captionAll(`${what}-after`)).toEqual(undisturbed);
      expect((await fetch(`${cluster.url}/readyz`)).status).toBe(200);
    },
  );
});
