// What a client may say of a caption besides its picture: by form, query or JSON; where the picture is; how urgent it is.
import { Caption } from '@caption-queue/contract/caption';
import { buildKeys } from '@caption-queue/redis/keys';
import { Value } from 'typebox/value';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readCaption, readProblem, type TestApi } from '../../../support/api/api.ts';
import { apiForTests, useApi } from '../../../support/api/use-api.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { createWorkerSide, fakeFeatures, soon } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import { useWebServer } from '../../../support/web-server.ts';

const photo = readPhoto('flower.jpg');

describe.skipIf(!redisIsAvailable)('a caption', () => {
  const redis = useRedis();
  let fetches = 0;
  const site = useWebServer((request, response) => {
    fetches += 1;
    if (request.url === '/flower.jpg') response.setHeader('content-type', 'image/jpeg').end(photo);
    else if (request.url === '/page') response.end('<html>');
    else if (request.url === '/silent') response.writeHead(200);
    else response.writeHead(404).end();
  });
  const { start } = apiForTests(redis, { env: { OUTBOUND_ALLOW: 'loopback' } });

  function postJson(api: TestApi, body: unknown, headers: Record<string, string> = {}) {
    return fetch(`${api.address}/v1/captions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  }

  const storedOf = (api: TestApi, id: string) =>
    api.queueSide.redis.hgetall(buildKeys(api.queueSide.prefix).caption(id));

  it('keeps all choices, of a form', async () => {
    const api = await start();
    const answer = await api.upload(photo, {
      beam_width: '2',
      min_confidence: '0.75',
      kinds: 'drawing,photo,drawing',
      metadata: '{"order":{"id":7},"tags":["a"]}',
      priority: 'bulk',
      expires_in: '600',
      webhook: `${site.url}/hook`,
      webhook_events_filter: 'caption.failed,caption.succeeded',
    });
    expect(answer.status).toBe(202);
    const caption = await readCaption(answer);
    expect(Value.Check(Caption, caption)).toBe(true);
    expect(caption).toMatchObject({
      options: {
        beam_width: 2,
        max_length: 20,
        alternatives: 3,
        min_confidence: 0.75,
        kinds: ['photo', 'drawing'],
      },
      metadata: { order: { id: 7 }, tags: ['a'] },
      priority: 'bulk',
    });
    expect(Date.parse(caption.expires_at ?? '') - Date.parse(caption.created_at)).toBe(600_000);
    expect(await storedOf(api, caption.id)).toMatchObject({
      tenant: 'default',
      webhook: `${site.url}/hook`,
      webhook_events_filter: '["caption.succeeded","caption.failed"]',
    });
    // The address may hold a secret of its owner.
    expect(JSON.stringify(caption)).not.toContain('/hook');
  });

  it('keeps all choices, of JSON and of the query, of which JSON wins', async () => {
    const api = await start();
    const query = new URLSearchParams({ metadata: '{"from":"query"}', beam_width: '5' });
    const answer = await fetch(`${api.address}/v1/captions?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        image_url: `${site.url}/flower.jpg`,
        beam_width: 2,
        webhook: `${site.url}/hook`,
        webhook_events_filter: ['caption.expired'],
      }),
    });
    const caption = await readCaption(answer);
    expect(caption).toMatchObject({
      options: { beam_width: 2 },
      metadata: { from: 'query' },
      priority: 'interactive',
      expires_at: null,
      input: { media_type: 'image/jpeg', width: 640, height: 427 },
    });
    expect((await storedOf(api, caption.id)).webhook_events_filter).toBe('["caption.expired"]');
  });

  it('has the same pixels fetched as uploaded', async () => {
    const api = await start();
    const fetched = await readCaption(await postJson(api, { image_url: `${site.url}/flower.jpg` }));
    const uploaded = await readCaption(await api.upload(photo));
    expect(fetched.input).toEqual(uploaded.input);
  });

  it('is fetched once for one Idempotency-Key, and refused for another URL', async () => {
    const api = await start();
    const headers = { 'idempotency-key': 'k' };
    const body = { image_url: `${site.url}/flower.jpg` };
    const first = await readCaption(await postJson(api, body, headers));
    const before = fetches;
    const again = await readCaption(await postJson(api, body, headers));
    expect(again.id).toBe(first.id);
    expect(fetches).toBe(before);
    const other = await postJson(api, { image_url: `${site.url}/flower.jpg?2` }, headers);
    expect(await readProblem(other)).toMatchObject({ code: 'idempotency_conflict' });
  });

  it('gives up fetching when its client is gone', async () => {
    const api = await start();
    const leaving = new AbortController();
    const closed = new Promise((resolve) => {
      site.server.once('request', (request) => request.socket.once('close', resolve));
    });
    const asked = new Promise((resolve) => site.server.once('request', resolve));
    const answer = fetch(`${api.address}/v1/captions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ image_url: `${site.url}/silent` }),
      signal: leaving.signal,
    });
    await asked;
    leaving.abort();
    await expect(answer).rejects.toThrow(/abort/);
    await closed;
  });

  describe('is refused', () => {
    const api = useApi(redis, { env: { OUTBOUND_ALLOW: 'loopback' } });

    it.each<[string, number, string, () => unknown]>([
      ['a page instead of a picture', 415, 'unsupported_image', () => ({ image_url: '/page' })],
      ['an address with nothing', 422, 'image_fetch_failed', () => ({ image_url: '/missing' })],
    ])('when the URL has %s', async (_what, status, code, body) => {
      const { image_url } = body() as { image_url: string };
      const answer = await postJson(api, { image_url: site.url + image_url });
      expect(await readProblem(answer)).toMatchObject({ status, code });
    });

    it.each<[string, number, string, unknown]>([
      ['no JSON', 400, 'bad_request', '{"image_url":'],
      ['an array', 400, 'validation_failed', []],
      ['nothing in it', 400, 'validation_failed', {}],
      ['an unknown member', 400, 'validation_failed', { image_url: 'https://a.b', x: 1 }],
      ['a number as text', 400, 'validation_failed', { image_url: 'https://a.b', beam_width: 'x' }],
      ['metadata that is no object', 400, 'validation_failed', { image_url: 'x', metadata: [] }],
      ['a foreign protocol', 422, 'url_refused', { image_url: 'file:///etc/passwd' }],
      ['a metadata address', 422, 'url_refused', { image_url: 'http://169.254.169.254/latest' }],
      ['a private address', 422, 'url_refused', { image_url: 'http://10.0.0.1/a.jpg' }],
      ['a webhook in there', 422, 'url_refused', { image_url: 'x', webhook: 'http://10.0.0.1/' }],
      [
        'an unknown event',
        400,
        'validation_failed',
        { image_url: 'x', webhook_events_filter: ['caption.eaten'] },
      ],
      ['no patience', 400, 'validation_failed', { image_url: 'x', expires_in: 0 }],
      ['an unknown kind', 400, 'validation_failed', { image_url: 'x', kinds: ['painting'] }],
      ['no kind', 400, 'validation_failed', { image_url: 'x', kinds: [] }],
      ['an unknown urgency', 400, 'validation_failed', { image_url: 'x', priority: 'now' }],
    ])('when JSON has %s', async (_what, status, code, body) => {
      expect(await readProblem(await postJson(api, body))).toMatchObject({ status, code });
    });

    it.each<[string, Record<string, string>, string]>([
      ['metadata that is no JSON', { metadata: '{' }, '/metadata'],
      ['metadata that is no object', { metadata: '"text"' }, '/metadata'],
      ['more than 2 kB of metadata', { metadata: `{"a":"${'é'.repeat(1_025)}"}` }, '/metadata'],
      ['an unknown event', { webhook_events_filter: 'caption.eaten' }, '/webhook_events_filter'],
      ['an unknown kind', { kinds: 'photo,painting' }, '/kinds'],
      ['too certain a wish', { min_confidence: '1.5' }, '/min_confidence'],
    ])('when a form has %s', async (_what, fields, pointer) => {
      const problem = await readProblem(await api.upload(photo, fields));
      expect(problem).toMatchObject({ status: 400, code: 'validation_failed' });
      expect(problem.errors?.[0]?.pointer).toMatch(new RegExp(`${pointer}$`));
    });
  });

  describe('that is urgent', () => {
    it('overtakes all that is bulk, at both stages', async () => {
      const api = await start();
      const order: number[] = [];
      const release: (() => void)[] = [];
      const workers = createWorkerSide({
        url: redis.url,
        prefix: api.queueSide.prefix,
        async encode(pixels) {
          order.push(pixels[0] ?? 0);
          await new Promise<void>((resolve) => release.push(resolve));
          return fakeFeatures(pixels);
        },
      });
      onTestFinished(() => workers.stop({ graceMs: 0 }));
      const { store, untilEnded } = api.queueSide;
      const post = (value: number, priority: 'bulk' | 'interactive') =>
        api.queueSide.post(value, {}, { priority });
      const first = await post(1, 'bulk');
      await expect.poll(() => order, soon).toEqual([1]); // at work; the rest waits
      const others = [await post(2, 'bulk'), await post(3, 'bulk')];
      const urgent = await post(4, 'interactive');
      expect(urgent.queue.ahead).toBe(0);
      expect((await store.get(others[1]?.id ?? ''))?.queue.ahead).toBe(3);
      const counts = await api.queueSide.queues.counts('encode');
      expect(counts).toMatchObject({ waiting: 1, prioritized: 2, active: 1 });
      const ended: string[] = [];
      const all = [first, ...others, urgent];
      const ends = all.map(async ({ id }) => ended.push((await untilEnded(id)).id));
      for (let done = 0; done < all.length; done += 1) {
        await expect.poll(() => release.length, soon).toBe(done + 1);
        release[done]?.();
      }
      await Promise.all(ends);
      expect(order).toEqual([1, 4, 2, 3]);
      const jobs = await Promise.all(
        others.map(({ id }) =>
          api.queueSide.redis.hget(
            `${api.queueSide.prefix}:q:caption-decode:${id}-decode-2`,
            'opts',
          ),
        ),
      );
      for (const opts of jobs) expect(JSON.parse(opts ?? '{}')).toMatchObject({ priority: 10 });
    });

    it('finds room that bulk may not take: a fifth', async () => {
      const api = await start({ env: { QUEUE_LIMIT: '5' } });
      const bulk = () => api.upload(photo, { priority: 'bulk' });
      for (let n = 0; n < 4; n += 1) expect((await bulk()).status).toBe(202);
      const refused = await bulk();
      expect(refused.headers.get('retry-after')).toBe('5');
      expect(await readProblem(refused)).toMatchObject({ status: 503, code: 'queue_full' });
      const urgent = await api.upload(photo);
      expect(urgent.status).toBe(202);
      expect((await api.upload(photo)).status).toBe(503);
      const { urls } = await readCaption(urgent);
      await fetch(`${api.address}${urls.cancel}`, { method: 'POST' });
      expect((await bulk()).status).toBe(503);
      expect((await api.upload(photo)).status).toBe(202);
    });
  });

  it('of a tenant with too many in work is refused, while others’ are taken', async () => {
    const api = await start({ env: { TENANT_QUEUE_LIMIT: '2', AUTH: 'required' } });
    const post = async (tenant: string) => {
      const { key } = await api.apiKeys.create({ tenant, scopes: ['captions:write'], name: '' });
      return fetch(`${api.address}/v1/captions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'image/jpeg' },
        body: new Uint8Array(photo),
      });
    };
    const [first] = await Promise.all([post('busy'), post('busy')]);
    const refused = await post('busy');
    expect(refused.headers.get('retry-after')).toBe('5');
    expect(await readProblem(refused)).toMatchObject({ status: 429, code: 'tenant_queue_full' });
    expect((await post('calm')).status).toBe(202);
    const { id } = await readCaption(first);
    await api.queueSide.store.cancel({ captionId: id, tenant: 'busy' });
    expect((await post('busy')).status).toBe(202);
  });
});
