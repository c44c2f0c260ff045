// What happens to a service while its durable Redis is away, and after it has returned: promise 4, for every way to be away.
import { buildKeys } from '@caption-queue/redis/keys';
import { Redis } from 'ioredis';
import { expect } from 'vitest';
import { idOf, post, untilEnded } from './client.ts';
import type { Cluster } from './cluster.ts';

/** What is promised. */
const REFUSAL_MS = 2_500;
const RESUME_MS = 10_000;

/** Posts and expects a refusal in time. @returns how long it took */
export async function expectRefusal(url: string, picture: Uint8Array): Promise<number> {
  const begin = performance.now();
  const response = await post(url, { picture });
  const tookMs = performance.now() - begin;
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: 'redis_unavailable' });
  expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
  expect(tookMs).toBeLessThan(REFUSAL_MS);
  return tookMs;
}

/** From the return of Redis on: a picture is accepted and captioned. @returns how long that took */
export async function expectResumption(url: string, picture: Uint8Array): Promise<number> {
  const begin = performance.now();
  for (;;) {
    const response = await post(url, { picture });
    if (response.status === 202) {
      expect((await untilEnded(url, await idOf(response))).status).toBe('succeeded');
      const tookMs = performance.now() - begin;
      expect(tookMs).toBeLessThan(RESUME_MS);
      return tookMs;
    }
    expect(response.status).toBe(503);
    expect(performance.now() - begin).toBeLessThan(RESUME_MS);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Accepted before an outage, and still waiting when it begins: needs a cluster whose encoders are not there yet. */
export async function acceptSome(url: string, pictures: readonly Uint8Array[]): Promise<string[]> {
  const answers = await Promise.all(pictures.map((picture) => post(url, { picture })));
  expect(answers.map(({ status }) => status)).toEqual(pictures.map(() => 202));
  return Promise.all(answers.map(idOf));
}

/** Is every one of them still on record, straight from the server? */
export async function missingRecords(cluster: Cluster, ids: readonly string[]): Promise<string[]> {
  const redis = new Redis(cluster.redis.url);
  const keys = buildKeys(cluster.prefix);
  try {
    const found = await Promise.all(ids.map((id) => redis.exists(keys.caption(id))));
    return ids.filter((_id, index) => found[index] === 0);
  } finally {
    redis.disconnect();
  }
}
