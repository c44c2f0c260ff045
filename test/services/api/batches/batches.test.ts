// Batches through HTTP: many pictures or URLs at once, each on its own; counted, listed, told of, and forgotten.
import { once } from 'node:events';
import { connect } from 'node:net';
import { startPictureFetcher } from '@caption-queue/api/batches/fetch-pictures';
import { createWorkStore } from '@caption-queue/captions/store';
import { Batch, BatchResult } from '@caption-queue/contract/batch';
import { createStageQueues } from '@caption-queue/jobs/queues';
import { closeRedis, createRedis } from '@caption-queue/redis/connection';
import { buildKeys } from '@caption-queue/redis/keys';
import { Value } from 'typebox/value';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readProblem, type TestApi } from '../../../support/api/api.ts';
import { readEvents } from '../../../support/api/sse.ts';
import { apiForTests } from '../../../support/api/use-api.ts';
import { endWithTest } from '../../../support/end-with-test.ts';
import { photoNames, readPhoto } from '../../../support/pictures/pictures.ts';
import { silentLogger, soon, startReconciler } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import { useWebServer } from '../../../support/web-server.ts';

const photos = photoNames.slice(0, 3).map(readPhoto);
const page = Buffer.from('<!doctype html><title>no picture</title>');

describe.skipIf(!redisIsAvailable)('a batch', () => {
  const redis = useRedis();
  let failures = 0;
  const asked: string[] = [];
  const site = useWebServer((request, response) => {
    const { url = '' } = request;
    asked.push(url);
    const photo = photos[Number(/^\/photo(\d)/.exec(url)?.[1] ?? -1)];
    if (url === '/page') response.end(page);
    else if (photo === undefined) response.writeHead(404).end();
    else if (url.endsWith('?flaky') && failures-- > 0) response.writeHead(503).end();
    else response.end(photo);
  });
  const { start, work } = apiForTests(redis, { env: { OUTBOUND_ALLOW: 'loopback' } });

  function fetchPictures(api: TestApi) {
    const { prefix } = api.queueSide;
    const connection = createRedis({ url: redis.url, role: 'worker', logger: silentLogger });
    const queues = createStageQueues({ redis: connection, prefix });
    const store = createWorkStore({ redis: connection, queues, prefix });
    const { imaging, outbound } = api;
    const common = { store, redis: connection, prefix, logger: silentLogger };
    const fetcher = startPictureFetcher({ ...common, outbound, imaging });
    onTestFinished(async () => {
      await fetcher.stop();
      await queues.close();
      closeRedis(connection);
    });
  }

  function post(
    api: TestApi,
    pictures: readonly Buffer[],
    fields: Record<string, string> = {},
    headers: Record<string, string> = {},
    query = '',
  ): Promise<Response> {
    const form = new FormData();
    for (const picture of pictures) {
      form.append('images', new Blob([new Uint8Array(picture)]), 'picture');
    }
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    return fetch(`${api.address}/v1/batches${query}`, { method: 'POST', headers, body: form });
  }

  const postJson = (api: TestApi, body: object) =>
    fetch(`${api.address}/v1/batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  async function read(api: TestApi, batch: Batch): Promise<Batch> {
    const answer = await fetch(`${api.address}${batch.urls.self}`);
    expect(answer.status).toBe(200);
    const read = (await answer.json()) as Batch;
    expect(Value.Check(Batch, read)).toBe(true);
    return read;
  }

  async function results(api: TestApi, batch: Batch): Promise<BatchResult[]> {
    const answer = await fetch(`${api.address}${batch.urls.results}`);
    expect(answer.headers.get('content-type')).toBe('application/x-ndjson');
    const text = await answer.text();
    const lines = text.split('\n').filter((line) => line !== '');
    const parsed = lines.map((line) => JSON.parse(line) as BatchResult);
    for (const result of parsed) expect(Value.Check(BatchResult, result)).toBe(true);
    return parsed;
  }

  async function accepted(answer: Response): Promise<Batch> {
    expect(answer.status).toBe(202);
    const batch = (await answer.json()) as Batch;
    expect(Value.Check(Batch, batch)).toBe(true);
    expect(answer.headers.get('location')).toBe(batch.urls.self);
    return batch;
  }

  const untilCompleted = (api: TestApi, batch: Batch) =>
    expect
      .poll(async () => (await read(api, batch)).status, { ...soon, timeout: 20_000 })
      .toBe('completed');

  it('of pictures is captioned in order, and what is no picture fails alone', async () => {
    const api = await start();
    const [first, second, third] = photos as [Buffer, Buffer, Buffer];
    const damaged = third.subarray(0, third.length >> 1);
    const pictures = [first, page, second, damaged, Buffer.alloc(0)];
    const options = { beam_width: '2', metadata: '{"album":1}' };
    const batch = await accepted(await post(api, pictures, options, {}, '?max_length=9'));
    expect(batch).toMatchObject({
      status: 'in_progress',
      counts: { total: 5, in_work: 2, succeeded: 0, failed: 3 },
      metadata: { album: 1 },
      completed_at: null,
      purge_at: null,
    });
    work(api);
    await untilCompleted(api, batch);
    const done = await read(api, batch);
    expect(done.counts).toEqual({
      total: 5,
      in_work: 0,
      succeeded: 2,
      failed: 3,
      canceled: 0,
      expired: 0,
    });
    expect(done.purge_at).not.toBeNull();
    const lines = await results(api, batch);
    expect(lines.map(({ index, status }) => [index, status])).toEqual([
      [0, 'succeeded'],
      [1, 'failed'],
      [2, 'succeeded'],
      [3, 'failed'],
      [4, 'failed'],
    ]);
    expect(lines.map(({ error }) => error?.code)).toEqual([
      undefined,
      'unsupported_image',
      undefined,
      'damaged_image',
      'empty_upload',
    ]);
    for (const line of lines) {
      expect(line).toMatchObject({ batch_id: batch.id, priority: 'bulk', metadata: { album: 1 } });
      expect(line.options).toMatchObject({ beam_width: 2, max_length: 9 });
    }
    // Each is a caption like any other.
    const { events } = await readEvents(`${api.address}${lines[1]?.urls.events}`);
    expect(events.map(({ event }) => event)).toEqual(['status', 'failed']);
  });

  it('of nothing but rubbish is complete at once', async () => {
    const api = await start();
    const batch = await accepted(await post(api, [page, page]));
    expect(batch).toMatchObject({ status: 'completed', counts: { total: 2, failed: 2 } });
  });

  it('of URLs is taken while others are still on their way', async () => {
    const api = await start();
    const head = 'POST /v1/batches HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json';
    for (let n = 0; n < 2; n += 1) {
      const socket = connect(api.port, '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.write(`${head}\r\nContent-Length: 200000\r\nExpect: 100-continue\r\n\r\n`);
      await once(socket, 'data'); // It may go on, so it was counted.
    }
    const answer = await fetch(`${api.address}/v1/batches`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ image_urls: [`${site.url}/photo0`] }),
    });
    expect(answer.status).toBe(202);
  });

  it('of URLs is fetched one by one; each failure is of one caption', async () => {
    const api = await start();
    const image_urls = [
      `${site.url}/photo0`,
      `${site.url}/page`,
      'http://10.0.0.1/private.jpg',
      `${site.url}/missing`,
      `${site.url}/photo1`,
    ];
    const batch = await accepted(await postJson(api, { image_urls, max_length: 5 }));
    expect(batch.counts).toMatchObject({ total: 5, in_work: 4, failed: 1 });
    const [waiting] = await results(api, batch);
    expect(waiting).toMatchObject({ status: 'queued', stage: 'fetching', input: null });
    fetchPictures(api);
    work(api);
    await untilCompleted(api, batch);
    const lines = await results(api, batch);
    expect(lines.map(({ status, error }) => error?.code ?? status)).toEqual([
      'succeeded',
      'unsupported_image',
      'url_refused',
      'image_fetch_failed',
      'succeeded',
    ]);
    expect(lines[0]?.input).toMatchObject({ media_type: 'image/jpeg' });
    expect(lines[0]?.options.max_length).toBe(5);
    expect(asked.filter((path) => path === '/page')).toHaveLength(1);
    const { redis: connection, prefix } = api.queueSide;
    const hash = await connection.hgetall(buildKeys(prefix).caption(lines[0]?.id ?? ''));
    expect(hash.url).toBeUndefined();
  });

  it('tries a site again that was in trouble for a moment', async () => {
    const api = await start();
    failures = 2;
    fetchPictures(api);
    work(api);
    const batch = await accepted(await postJson(api, { image_urls: [`${site.url}/photo2?flaky`] }));
    await untilCompleted(api, batch);
    expect((await read(api, batch)).counts.succeeded).toBe(1);
  });

  it('has its captions found again whose job was lost before it was fetched', async () => {
    const api = await start();
    const batch = await accepted(await postJson(api, { image_urls: [`${site.url}/photo0`] }));
    const [line] = await results(api, batch);
    await api.queueSide.queues.remove({
      stage: 'fetching',
      captionId: line?.id ?? '',
      dispatch: 1,
    });
    fetchPictures(api);
    work(api);
    endWithTest(startReconciler(api.queueSide, { quietMs: 50 }));
    await untilCompleted(api, batch);
    expect((await read(api, batch)).counts.succeeded).toBe(1);
  });

  it('is admitted whole or not at all', async () => {
    const api = await start({ env: { QUEUE_LIMIT: '10' } });
    const { redis: connection, prefix } = api.queueSide;
    const keys = buildKeys(prefix);
    const nine = Array.from({ length: 9 }, () => photos[0] as Buffer);
    const refused = await post(api, nine); // bulk may hold eight
    expect(await readProblem(refused)).toMatchObject({ status: 503, code: 'queue_full' });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await connection.zcard(keys.active)).toBe(0);
    expect(await connection.zcard(keys.index)).toBe(0);
    expect(await connection.keys(`${prefix}:batch:*`)).toEqual([]);
    expect(await connection.keys(`${prefix}:pixels:*`)).toEqual([]);
    const answers = await Promise.all([post(api, nine.slice(0, 5)), post(api, nine.slice(0, 5))]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 503]);
    expect(await connection.zcard(keys.active)).toBe(5);
  });

  it('of captions that are canceled, deleted or expired is complete all the same', async () => {
    const api = await start();
    const batch = await accepted(await post(api, photos, { expires_in: '3600' }));
    const [first, second, third] = await results(api, batch);
    await fetch(`${api.address}${first?.urls.cancel}`, { method: 'POST' });
    await fetch(`${api.address}${second?.urls.self}`, { method: 'DELETE' });
    expect((await read(api, batch)).counts).toMatchObject({ canceled: 2, in_work: 1 });
    const { redis: connection, prefix, store } = api.queueSide;
    const keys = buildKeys(prefix);
    const past = Date.now() - 1_000;
    await connection.hset(keys.caption(third?.id ?? ''), 'expires_at', past);
    await connection.zadd(keys.deadlines, past, third?.id ?? '');
    await store.expireDue({ nowMs: Date.now(), limit: 10 });
    const done = await read(api, batch);
    expect(done).toMatchObject({ status: 'completed', counts: { canceled: 2, expired: 1 } });
    expect((await results(api, batch)).map(({ index }) => index)).toEqual([0, 2]);
    expect(await connection.ttl(keys.batch(batch.id))).toBeGreaterThan(3_500);
    await connection.del(keys.batch(batch.id)); // as retention does
    const gone = await fetch(`${api.address}${batch.urls.self}`);
    expect(await readProblem(gone)).toMatchObject({ status: 410, code: 'caption_gone' });
  });

  it('tells webhooks of each caption and then of itself, in the step in which it happens', async () => {
    const api = await start();
    const webhook = `${site.url}/hook`;
    const batch = await accepted(await post(api, [photos[0] as Buffer, page], { webhook }));
    work(api);
    await untilCompleted(api, batch);
    const { redis: connection, prefix } = api.queueSide;
    const entries = await connection.xrange(buildKeys(prefix).outbox, '-', '+');
    const told = entries.map(([, fields]) =>
      Object.fromEntries(
        Array.from({ length: fields.length / 2 }, (_, n) => fields.slice(2 * n, 2 * n + 2)),
      ),
    );
    expect(told.map(({ event }) => event)).toEqual([
      'caption.failed',
      'caption.succeeded',
      'batch.completed',
    ]);
    expect(told[2]).toMatchObject({ id: batch.id, tenant: 'default', webhook, succeeded: '1' });
  });

  it('made twenty times at once with one Idempotency-Key is one batch', async () => {
    const api = await start();
    const headers = { 'idempotency-key': 'album' };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => post(api, photos.slice(0, 2), {}, headers)),
    );
    const batches = await Promise.all(answers.map(accepted));
    expect(new Set(batches.map(({ id }) => id)).size).toBe(1);
    expect((await api.queueSide.queues.counts('encode')).prioritized).toBe(2);
    const other = await post(api, photos.slice(0, 1), {}, headers);
    expect(await readProblem(other)).toMatchObject({ code: 'idempotency_conflict' });
  });

  it('of a hundred pictures is taken; of more, or of none, it is refused', async () => {
    const api = await start();
    const many = (count: number) => Array.from({ length: count }, () => page);
    const batch = await accepted(await post(api, many(100)));
    expect(batch.counts).toMatchObject({ total: 100, failed: 100 });
    const long = Array.from({ length: 100 }, (_, n) => `${site.url}/${n}${'x'.repeat(1_900)}`);
    const urls = await accepted(await postJson(api, { image_urls: long }));
    expect(urls.counts).toMatchObject({ total: 100, in_work: 100 });
    for (const answer of [
      await post(api, many(101)),
      await post(api, []),
      await postJson(api, { image_urls: [] }),
      await postJson(api, { image_urls: Array.from({ length: 101 }, () => 'https://a.b/c') }),
      await postJson(api, {}),
    ]) {
      expect(await readProblem(answer)).toMatchObject({ status: 400 });
    }
  });

  it('is its tenant’s alone, and 404 when there never was one', async () => {
    const api = await start({ env: { AUTH: 'required' } });
    const keyOf = async (tenant: string) => {
      const scopes = ['captions:write', 'captions:read'] as const;
      const { key } = await api.apiKeys.create({ tenant, scopes: [...scopes], name: '' });
      return { authorization: `Bearer ${key}` };
    };
    const [mine, theirs] = await Promise.all([keyOf('mine'), keyOf('theirs')]);
    const batch = await accepted(await post(api, [page], {}, mine));
    const ask = (path: string, headers: Record<string, string>) =>
      fetch(`${api.address}${path}`, { headers });
    expect((await ask(batch.urls.self, mine)).status).toBe(200);
    for (const path of [
      batch.urls.self,
      batch.urls.results,
      '/v1/batches/batch_00000000-0000-7000-8000-000000000000',
    ]) {
      expect(await readProblem(await ask(path, theirs))).toMatchObject({ status: 404 });
    }
    expect((await ask('/v1/batches/1', mine)).status).toBe(400);
  });
});
