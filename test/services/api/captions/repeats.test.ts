// Requests that need not be done again: the same Idempotency-Key, the same picture; and those that wait for the end.
import { createHeartbeatWriter } from '@caption-queue/worker/heartbeat';
import { describe, expect, it } from 'vitest';
import { readCaption, readProblem, startApi, type TestApi } from '../../../support/api/api.ts';
import { readEvents } from '../../../support/api/sse.ts';
import { apiForTests } from '../../../support/api/use-api.ts';
import { endWithTest } from '../../../support/end-with-test.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { silentLogger, soon } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const photo = readPhoto('flower.jpg');
const otherPhoto = readPhoto('cat.jpg');

describe.skipIf(!redisIsAvailable)('a request', () => {
  const redis = useRedis();
  const cache = useRedis({
    config: { appendonly: 'no', maxmemory: '50mb', 'maxmemory-policy': 'allkeys-lru' },
  });

  const apis = apiForTests(redis);
  const start = (env: Record<string, string> = {}) =>
    apis.start({ env: { CACHE_REDIS_URL: cache.url, ...env } });

  function work(api: TestApi, bundleHash = 'bundle-a') {
    const { prefix, redis: connection } = api.queueSide;
    const workers = apis.work(api, { cacheUrl: cache.url, bundleHash });
    const model = { name: 'fake', version: '1', bundleHash, graphHash: 'g' };
    const heartbeat = endWithTest(
      createHeartbeatWriter({
        redis: connection,
        prefix,
        stage: 'decode',
        engine: 'fake',
        logger: silentLogger,
      }),
    );
    heartbeat.update({ state: 'ready', model: { ...model, precision: 'fp32' } });
    return { ...workers, heartbeat };
  }

  function post(
    api: TestApi,
    options: {
      picture?: Buffer;
      headers?: Record<string, string>;
      fields?: Record<string, string>;
      query?: string;
    } = {},
  ): Promise<Response> {
    const { picture = photo, headers = {}, fields = {}, query = '' } = options;
    const form = new FormData();
    form.append('image', new Blob([new Uint8Array(picture)]), 'picture');
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    const url = `${api.address}/v1/captions${query}`;
    return fetch(url, { method: 'POST', headers, body: form });
  }

  const idOf = async (response: Response) => (await readCaption(response)).id;

  describe('with an Idempotency-Key', () => {
    const headers = { 'idempotency-key': 'order-66' };

    it('is the same whatever boundary, file name or place of the options it came with', async () => {
      const api = await start();
      const first = await post(api, { headers, fields: { beam_width: '4' } });
      const again = await fetch(`${api.address}/v1/captions?beam_width=4`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'image/jpeg' },
        body: new Uint8Array(photo),
      });
      expect(again.status).toBe(202);
      expect(await idOf(again)).toBe(await idOf(first));
    });

    it('is refused for another picture, other options or other metadata', async () => {
      const api = await start();
      await post(api, { headers, fields: { metadata: '{"a":1}' } });
      for (const other of [
        { picture: otherPhoto, fields: { metadata: '{"a":1}' } },
        { fields: { metadata: '{"a":2}' } },
        { fields: { metadata: '{"a":1}', beam_width: '2' } },
        { fields: { metadata: '{"a":1}', priority: 'bulk' } },
      ]) {
        const answer = await post(api, { headers, ...other });
        expect(await readProblem(answer)).toMatchObject({
          status: 422,
          code: 'idempotency_conflict',
        });
      }
      expect((await api.queueSide.queues.counts('encode')).waiting).toBe(1);
    });

    it('answers the finished caption once it has finished, and 410 once it is deleted', async () => {
      const api = await start();
      work(api);
      const accepted = await readCaption(await post(api, { headers }));
      await readEvents(`${api.address}${accepted.urls.events}`);
      const again = await post(api, { headers });
      expect(again.status).toBe(200);
      expect(await readCaption(again)).toMatchObject({ id: accepted.id, status: 'succeeded' });
      await fetch(`${api.address}${accepted.urls.self}`, { method: 'DELETE' });
      const late = await post(api, { headers });
      expect(await readProblem(late)).toMatchObject({ status: 410, code: 'caption_gone' });
    });

    it('is answered also while the queue is full, and is of its tenant alone', async () => {
      const api = await start({ QUEUE_LIMIT: '1', AUTH: 'required' });
      const keyOf = async (tenant: string) => {
        const { key } = await api.apiKeys.create({ tenant, scopes: ['captions:write'], name: '' });
        return { authorization: `Bearer ${key}`, ...headers };
      };
      const [mine, theirs] = await Promise.all([keyOf('mine'), keyOf('theirs')]);
      const first = await post(api, { headers: mine });
      const again = await post(api, { headers: mine });
      expect(again.status).toBe(202);
      expect(await idOf(again)).toBe(await idOf(first));
      const other = await post(api, { headers: theirs });
      expect(await readProblem(other)).toMatchObject({ code: 'queue_full' });
    });

    it.each([
      ['has spaces', 'with spaces'],
      ['is too long', 'x'.repeat(256)],
    ])('is refused when the key %s', async (_what, key) => {
      const api = await start();
      const answer = await post(api, { headers: { 'idempotency-key': key } });
      expect(await readProblem(answer)).toMatchObject({ status: 400, code: 'validation_failed' });
    });
  });

  describe('for a picture that was captioned before', () => {
    it('is answered at once by a caption of its own, with words and end as events', async () => {
      const api = await start();
      const workers = work(api);
      const first = await readCaption(await post(api));
      await readEvents(`${api.address}${first.urls.events}`);
      await expect.poll(async () => (await post(api)).status, soon).toBe(200);

      const outcomes = workers.outcomes.length;
      const answer = await post(api, { fields: { metadata: '{"mine":true}' } });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('retry-after')).toBeNull();
      const again = await readCaption(answer);
      expect(again.id).not.toBe(first.id);
      expect(answer.headers.get('location')).toBe(again.urls.self);
      const { output, model } = await readCaption(await fetch(`${api.address}${first.urls.self}`));
      expect(again).toMatchObject({
        status: 'succeeded',
        output,
        model,
        metadata: { mine: true },
        started_at: null,
      });
      const { events } = await readEvents(`${api.address}${again.urls.events}`);
      expect(events.map(({ event }) => event)).toEqual([
        'status',
        'word',
        'word',
        'word',
        'completed',
      ]);
      const words = events.filter(({ event }) => event === 'word').map(({ data }) => data);
      expect(words).toEqual(output?.words.map((word, index) => ({ index, ...word })));
      expect(await readCaption(await fetch(`${api.address}${again.urls.self}`))).toEqual(again);
      expect(workers.outcomes).toHaveLength(outcomes);
      const { queue } = await readCaption(await post(api, { picture: otherPhoto }));
      expect(queue.ahead).toBe(0); // those that took no work are not counted as waiting
    });

    it('is worked on again with other options, other pixels, on request, or by another model', async () => {
      const api = await start();
      const { heartbeat } = work(api);
      const first = await readCaption(await post(api));
      await readEvents(`${api.address}${first.urls.events}`);
      await expect.poll(async () => (await post(api)).status, soon).toBe(200);
      for (const other of [
        { fields: { beam_width: '2' } },
        { fields: { min_confidence: '0.5' } },
        { picture: otherPhoto },
        { headers: { 'cache-control': 'no-cache' } },
      ]) {
        expect((await post(api, other)).status).toBe(202);
      }
      const model = { name: 'fake', version: '2', bundleHash: 'bundle-b', graphHash: 'g' };
      heartbeat.update({ model: { ...model, precision: 'fp32' } });
      await expect.poll(async () => (await post(api)).status, soon).toBe(202);
    });

    it('is worked on when the cache is dead', async () => {
      const api = await start({ CACHE_REDIS_URL: 'redis://127.0.0.1:1' });
      expect((await post(api)).status).toBe(202);
    });
  });

  describe('that prefers to wait', () => {
    it('gets the finished caption', async () => {
      const api = await start();
      work(api);
      const answer = await post(api, { headers: { prefer: 'respond-async, wait=30' } });
      expect(answer.status).toBe(200);
      expect(await readCaption(answer)).toMatchObject({ status: 'succeeded' });
    });

    it('gets 202 when its time is over', async () => {
      const api = await start();
      const begin = performance.now();
      const answer = await post(api, { headers: { prefer: 'wait=1' } });
      expect(performance.now() - begin).toBeGreaterThan(990);
      expect(answer.status).toBe(202);
      expect(await readCaption(answer)).toMatchObject({ status: 'queued' });
    });

    it('is told at once when the caption is canceled meanwhile', async () => {
      const api = await start();
      const waiting = post(api, { headers: { prefer: 'wait=30' } });
      const { redis: connection, prefix, store } = api.queueSide;
      const ids = () => connection.keys(`${prefix}:caption:*`);
      await expect.poll(ids, soon).toHaveLength(1);
      const captionId = (await ids())[0]?.split(':').at(-1) ?? '';
      await store.cancel({ captionId, tenant: 'default' });
      const answer = await waiting;
      expect(answer.status).toBe(200);
      expect(await readCaption(answer)).toMatchObject({ status: 'canceled' });
    });

    it('doesn’t keep a closing service waiting', async () => {
      const api = await startApi({ redisUrl: redis.url });
      const waiting = post(api, { headers: { prefer: 'wait=30' } });
      const { redis: connection, prefix } = api.queueSide;
      await expect.poll(() => connection.keys(`${prefix}:caption:*`), soon).toHaveLength(1);
      const begin = performance.now();
      await api.close();
      expect(performance.now() - begin).toBeLessThan(5_000);
      expect((await waiting).status).toBe(202);
    });
  });
});
