// Promise 2: a worker's death is recovered within 15 s, with one result each; one that is told to stop costs nothing.
import { buildKeys } from '@caption-queue/redis/keys';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEvents } from '../support/api/sse.ts';
import type { ServiceProcess } from '../support/processes/service-process.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';
import { insist, untilEnded } from './harness/client.ts';
import { type Cluster, startCluster } from './harness/cluster.ts';
import { buildFaultyWorkers, type FaultyBuilds } from './harness/faulty-builds.ts';
import { inspectRecords } from './harness/inspect-records.ts';
import { smallPhotos } from './harness/pictures.ts';
import { settings } from './harness/settings.ts';

/** What is promised. */
const RECOVERY_MS = 15_000;
/** Sooner than this nobody takes over a caption that was not given back. */
const LOCK_MS = 6_000;
/** So that whoever has the picture has it for good. */
const FOREVER_MS = '600000';
/** Long enough to be frozen in, and over soon after waking. */
const WAKING_PAUSE_MS = '500';

const stages = [
  ['encoding', 'encoder-worker'],
  ['decoding', 'decoder-worker'],
] as const;

interface Scene {
  id: string;
  /** Has the caption in its hands. */
  victim: ServiceProcess;
  /** Of the same kind, and not running yet. */
  healthy: ServiceProcess;
}

describe.skipIf(!redisIsAvailable)('a worker', () => {
  let builds: FaultyBuilds;
  let cluster: Cluster;
  let redis: Redis;
  let photo: Uint8Array;

  beforeAll(async () => {
    builds = await buildFaultyWorkers();
    [photo] = (await smallPhotos(1)) as [Uint8Array];
    const entries = { 'encoder-worker': builds.encoder, 'decoder-worker': builds.decoder };
    const env = { FEATURE_CACHE_TTL_SECONDS: '0' };
    cluster = await startCluster({ encoders: 1, decoders: 1, entries, env });
    redis = new Redis(cluster.redis.url);
  }, settings.timeoutMs);
  afterAll(async () => {
    redis?.disconnect();
    await cluster?.stop();
    await builds?.remove();
  });

  async function setScene(
    worker: 'encoder-worker' | 'decoder-worker',
    pauseMs: string,
  ): Promise<Scene> {
    const group = worker === 'encoder-worker' ? cluster.encoders : cluster.decoders;
    const [healthy] = group as [ServiceProcess];
    await healthy.terminate();
    const victim = await cluster.add(worker, { PAUSE_MS: pauseMs });
    const key = `${worker}-${group.length}`;
    const id = await insist(cluster.url, { picture: photo, key });
    await victim.printed(worker === 'encoder-worker' ? `encoding ${id}` : 'decoding');
    return { id, victim, healthy };
  }

  async function expectOneResult(id: string): Promise<void> {
    const caption = await untilEnded(cluster.url, id);
    expect(caption.status).toBe('succeeded');
    const { events } = await readEvents(`${cluster.url}/v1/captions/${id}/events`);
    const restarted = events.findLastIndex(({ event }) => event === 'restarted');
    const words = events.slice(restarted + 1).filter(({ event }) => event === 'word');
    expect(words.map(({ data }) => data.text).join(' ')).toBe(caption.output?.caption);
    expect(await inspectRecords(cluster, [id])).toEqual({ endedTwice: [], leftovers: [] });
  }

  const claims = (id: string, stage: string) =>
    redis.hget(buildKeys(cluster.prefix).caption(id), `claims_${stage}`);

  it.each(stages)(
    'killed while %s costs its caption less than 15 s',
    {
      timeout: settings.timeoutMs,
    },
    async (_at, worker) => {
      const { id, victim, healthy } = await setScene(worker, FOREVER_MS);
      // The other one is there before the death: what is promised is not how fast a process starts.
      await healthy.restart();
      await victim.kill();
      const diedMs = performance.now();
      await untilEnded(cluster.url, id);
      const recoveredMs = performance.now() - diedMs;
      console.info(`${worker} killed: recovered in ${(recoveredMs / 1_000).toFixed(1)} s`);
      expect(recoveredMs).toBeLessThan(RECOVERY_MS);
      expect(await claims(id, worker === 'encoder-worker' ? 'encode' : 'decode')).toBe('2');
      await expectOneResult(id);
    },
  );

  it.each(stages)(
    'frozen past its lock while %s changes nothing when it wakes',
    {
      timeout: settings.timeoutMs,
    },
    async (_at, worker) => {
      const { id, victim, healthy } = await setScene(worker, WAKING_PAUSE_MS);
      victim.signal('SIGSTOP');
      await healthy.restart();
      const caption = await untilEnded(cluster.url, id);
      victim.signal('SIGCONT');
      expect(await victim.terminate()).toBe(0); // ends what it was at, without effect
      expect(await untilEnded(cluster.url, id)).toEqual(caption);
      await expectOneResult(id);
    },
  );

  it('told to stop gives its caption back: it goes on at once, and no claim is spent', {
    timeout: settings.timeoutMs,
  }, async () => {
    const { id, victim, healthy } = await setScene('decoder-worker', FOREVER_MS);
    await healthy.restart();
    expect(await victim.terminate()).toBe(0);
    const stoppedMs = performance.now();
    await expectOneResult(id);
    expect(performance.now() - stoppedMs).toBeLessThan(LOCK_MS);
    expect(await claims(id, 'decode')).toBe('1');
  });
});
