// Captions that end by request or by the clock: canceled, deleted, expired, purged. Through HTTP, over two API processes.
import { setTimeout as delay } from 'node:timers/promises';
import { Caption, CaptionRecord } from '@caption-queue/contract/caption';
import { buildKeys } from '@caption-queue/redis/keys';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { readCaption, readProblem, type TestApi } from '../../../support/api/api.ts';
import { readEvents } from '../../../support/api/sse.ts';
import { apiForTests } from '../../../support/api/use-api.ts';
import { endWithTest } from '../../../support/end-with-test.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import {
  defaultOptions,
  fakeFeatures,
  fakeInput,
  flatPixels,
  generateFake,
  soon,
  startReconciler,
} from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const photo = readPhoto('flower.jpg');
const STEP_MS = 5;

describe.skipIf(!redisIsAvailable)('captions that end early', () => {
  const redis = useRedis();

  const { start, work } = apiForTests(redis);

  const post = (path: string, api: TestApi) => fetch(`${api.address}${path}`, { method: 'POST' });
  const remove = (path: string, api: TestApi) =>
    fetch(`${api.address}${path}`, { method: 'DELETE' });
  const keysOf = async (api: TestApi, id: string) => {
    const { redis: connection, prefix } = api.queueSide;
    const found = await connection.keys(`${prefix}*${id}*`);
    return found.map((key) => key.slice(prefix.length + 1)).filter((key) => !key.startsWith('q:'));
  };
  /** A caption of someone else. */
  const foreign = (api: TestApi) => api.queueSide.post(1, {}, { tenant: 'someone-else' });

  it('cancels what waits: no worker ever sees it, and its place is free again', async () => {
    const api = await start();
    const { urls, id } = await readCaption(await api.upload(photo));
    const answer = await post(urls.cancel, api);
    expect(answer.status).toBe(200);
    const canceled = await readCaption(answer);
    expect(Value.Check(Caption, canceled)).toBe(true);
    expect(canceled).toMatchObject({ id, status: 'canceled', output: null, error: null });
    expect(canceled.purge_at).not.toBeNull();
    const { store, queues, redis: connection, prefix } = api.queueSide;
    expect(await queues.counts('encode')).toMatchObject({ waiting: 0 });
    expect(await connection.zcard(buildKeys(prefix).active)).toBe(0);
    expect(await store.claim({ captionId: id, stage: 'encode', dispatch: 1 })).toEqual({
      kind: 'ended',
    });
    const { events } = await readEvents(`${api.address}${urls.events}`);
    expect(events.map(({ event }) => event)).toEqual(['status', 'canceled']);
    expect(Value.Check(CaptionRecord, events.at(-1)?.data)).toBe(true);
  });

  it('stops a running decode between two words, from an API process that doesn’t own it', async () => {
    const owner = await start();
    const other = await start({ env: { REDIS_PREFIX: owner.queueSide.prefix } });
    let words = 0;
    let stopped: ((reason: unknown) => void) | undefined;
    const untilStopped = new Promise<unknown>((resolve) => {
      stopped = resolve;
    });
    work(owner, {
      async generate({ signal, onEvent }) {
        for (;;) {
          if (signal.aborted) {
            stopped?.(signal.reason);
            throw signal.reason;
          }
          onEvent({ type: 'word', index: words, text: `word${words}`, logProb: -1 });
          words += 1;
          await delay(STEP_MS);
        }
      },
    });
    const { urls } = await readCaption(await owner.upload(photo));
    await readEvents(`${owner.address}${urls.events}`, { stopAfter: 5 });
    const following = readEvents(`${owner.address}${urls.events}`);
    expect((await post(urls.cancel, other)).status).toBe(200);
    expect(String(await untilStopped)).toMatch(/lost/);
    const { events, ended } = await following;
    expect(ended).toBe(true);
    expect(events.at(-1)?.event).toBe('canceled');
    // Those that were refused were never shown.
    expect(events.filter(({ event }) => event === 'word').length).toBeLessThanOrEqual(words);
    const after = await readCaption(await fetch(`${other.address}${urls.self}`));
    expect(after).toMatchObject({ status: 'canceled', output: null });
  });

  it('cancels in the middle of an encode: the features are refused, the worker goes on', async () => {
    const api = await start();
    let arrived: (() => void) | undefined;
    let goOn: (() => void) | undefined;
    const encoding = new Promise<void>((resolve) => {
      arrived = resolve;
    });
    const released = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const workers = work(api, {
      async encode(pixels) {
        arrived?.();
        await released;
        return fakeFeatures(pixels);
      },
    });
    const { urls, id } = await readCaption(await api.upload(photo));
    await encoding;
    expect((await post(urls.cancel, api)).status).toBe(200);
    goOn?.();
    await expect.poll(() => workers.outcomes, soon).toContain('lost');
    expect(await keysOf(api, id)).not.toContain(`features:${id}`);
    const next = await readCaption(await api.upload(readPhoto('cat.jpg')));
    await readEvents(`${api.address}${next.urls.events}`);
    const done = await readCaption(await fetch(`${api.address}${next.urls.self}`));
    expect(done.status).toBe('succeeded');
  });

  it('answers 409 when there is nothing left to cancel', async () => {
    const api = await start();
    work(api);
    const { urls } = await readCaption(await api.upload(photo));
    await readEvents(`${api.address}${urls.events}`);
    const answer = await post(urls.cancel, api);
    expect(await readProblem(answer)).toMatchObject({ status: 409, code: 'caption_ended' });
    const again = await readCaption(await fetch(`${api.address}${urls.self}`));
    expect(again.status).toBe('succeeded');
  });

  it('deletes all of an ended caption but its tombstone', async () => {
    const api = await start();
    work(api);
    const { urls, id } = await readCaption(await api.upload(photo));
    await readEvents(`${api.address}${urls.events}`);
    expect((await remove(urls.self, api)).status).toBe(204);
    expect(await keysOf(api, id)).toEqual([`tombstone:${id}`]);
    const { redis: connection, prefix } = api.queueSide;
    const keys = buildKeys(prefix);
    expect(await connection.zcard(keys.index)).toBe(0);
    expect(await connection.zcard(keys.purges)).toBe(0);
    expect(await connection.ttl(keys.tombstone(id))).toBeGreaterThan(3_500);
    for (const ask of [
      () => fetch(`${api.address}${urls.self}`),
      () => fetch(`${api.address}${urls.events}`),
      () => post(urls.cancel, api),
      () => remove(urls.self, api),
    ]) {
      expect(await readProblem(await ask())).toMatchObject({ status: 410, code: 'caption_gone' });
    }
  });

  it('deletes a caption in work: its worker’s writes are refused, its followers’ streams end', async () => {
    const api = await start();
    let begun: (() => void) | undefined;
    const decoding = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const workers = work(api, {
      async generate({ signal, onEvent }) {
        for (let index = 0; ; index += 1) {
          signal.throwIfAborted();
          onEvent({ type: 'word', index, text: 'word', logProb: -1 });
          begun?.();
          await delay(STEP_MS);
        }
      },
    });
    const { urls, id } = await readCaption(await api.upload(photo));
    await decoding;
    const following = readEvents(`${api.address}${urls.events}`);
    await readEvents(`${api.address}${urls.events}`, { stopAfter: 1 });
    expect((await remove(urls.self, api)).status).toBe(204);
    expect((await following).ended).toBe(true);
    await expect.poll(() => workers.outcomes, soon).toContain('lost');
    expect(await keysOf(api, id)).toEqual([`tombstone:${id}`]);
    const { redis: connection, prefix } = api.queueSide;
    expect(await connection.zcard(buildKeys(prefix).active)).toBe(0);
  });

  it('hides another tenant’s captions, dead or alive', async () => {
    const api = await start();
    const { id } = await foreign(api);
    const self = `/v1/captions/${id}`;
    const asks = [
      () => fetch(`${api.address}${self}`),
      () => fetch(`${api.address}${self}/events`),
      () => post(`${self}/cancel`, api),
      () => remove(self, api),
    ];
    for (const ask of asks) {
      expect(await readProblem(await ask())).toMatchObject({ status: 404, code: 'not_found' });
    }
    expect((await api.queueSide.store.get(id))?.status).toBe('queued');
    await api.queueSide.store.delete({ captionId: id, tenant: 'someone-else' });
    for (const ask of asks) {
      expect(await readProblem(await ask())).toMatchObject({ status: 404, code: 'not_found' });
    }
  });

  it('answers 400 to an id that none can have, and 404 to one that none has', async () => {
    const api = await start();
    for (const [id, status] of [
      ['cap_1', 400],
      ['cap_00000000-0000-7000-8000-000000000000', 404],
    ] as const) {
      for (const answer of [
        await fetch(`${api.address}/v1/captions/${id}`),
        await post(`/v1/captions/${id}/cancel`, api),
        await remove(`/v1/captions/${id}`, api),
      ]) {
        expect(answer.status).toBe(status);
      }
    }
  });

  describe('by the clock:', () => {
    function reconcile(api: TestApi) {
      endWithTest(startReconciler(api.queueSide));
    }

    const soonOver = (api: TestApi) => api.queueSide.post(1, {}, { expiresInSeconds: 1 });

    it('a caption that nobody took in time expires', async () => {
      const api = await start();
      reconcile(api);
      const { id, expires_at, created_at } = await soonOver(api);
      expect(Date.parse(expires_at ?? '') - Date.parse(created_at)).toBe(1_000);
      const { events } = await readEvents(`${api.address}/v1/captions/${id}/events`);
      expect(events.map(({ event }) => event)).toEqual(['status', 'expired']);
      const record = await readCaption(await fetch(`${api.address}/v1/captions/${id}`));
      expect(record).toMatchObject({ status: 'expired', output: null });
      expect(Date.parse(record.completed_at ?? '')).toBeGreaterThanOrEqual(
        Date.parse(expires_at ?? ''),
      );
      expect(await api.queueSide.queues.counts('encode')).toMatchObject({ waiting: 0 });
    });

    it('a result that comes too late doesn’t count', async () => {
      const api = await start(); // nobody sweeps: the write itself notices
      const { redis: connection, prefix, store } = api.queueSide;
      let id = '';
      const workers = work(api, {
        async generate(request) {
          await connection.hset(buildKeys(prefix).caption(id), 'expires_at', Date.now() - 1);
          return generateFake({ ...request, onEvent: () => undefined });
        },
      });
      const upload = { tenant: 'default', input: fakeInput, options: defaultOptions };
      ({ id } = await store.create({
        ...upload,
        pixels: flatPixels(1),
        expiresInSeconds: 3_600,
      }));
      const { events } = await readEvents(`${api.address}/v1/captions/${id}/events`);
      expect(events.at(-1)?.event).toBe('expired');
      await expect.poll(() => workers.outcomes, soon).toContain('lost');
    });

    it('retention deletes the record, and the list forgets it; the address says gone', async () => {
      const api = await start();
      const { redis: connection, prefix, store } = api.queueSide;
      const keys = buildKeys(prefix);
      const { id } = await soonOver(api);
      await store.cancel({ captionId: id, tenant: 'default' });
      expect(await connection.ttl(keys.caption(id))).toBeGreaterThan(3_500);
      expect(await connection.ttl(keys.tombstone(id))).toBeGreaterThan(7_100);
      // Retention's hour passes: what the server does to the key, and what the clock does to the list.
      await connection.del(keys.caption(id));
      const nowMs = Date.now() + 3_601_000;
      await store.forgetPurged({ nowMs: Date.now(), limit: 10 });
      expect(await connection.zcard(keys.index)).toBe(2);
      await store.forgetPurged({ nowMs, limit: 10 });
      expect(await connection.zcard(keys.index)).toBe(0);
      expect(await connection.zcard(keys.purges)).toBe(0);
      const answer = await fetch(`${api.address}/v1/captions/${id}`);
      expect(await readProblem(answer)).toMatchObject({ status: 410, code: 'caption_gone' });
    });
  });
});
