// The HTTP contract of webhooks: endpoints and their secrets, what was sent to them, and captions that notify of their end.
import { Webhook, WebhookDelivery, WebhookSecret } from '@caption-queue/contract/webhooks';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { readCaption, readProblem, type TestApi } from '../../../support/api/api.ts';
import { apiForTests } from '../../../support/api/use-api.ts';
import { endWithTest } from '../../../support/end-with-test.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { soon } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable, startRedis } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import {
  type Answer,
  answerOk,
  answerStatus,
  createTestClock,
  type Delivering,
  endedCaption,
  type Received,
  startDelivering,
  startReceiver,
  type TestReceiver,
} from '../../../support/webhooks/webhooks.ts';

const photo = readPhoto('flower.jpg');
const HOUR = 3_600_000;
const somewhere = 'https://receiver.example/hook';

describe.skipIf(!redisIsAvailable)('/v1/webhooks', () => {
  const redis = useRedis();

  const { start, work } = apiForTests(redis);

  /** An API that may post to this machine, with its deliveries and a receiver. */
  async function startAll(answer: Answer = answerOk): Promise<{
    api: TestApi;
    delivering: Delivering;
    receiver: TestReceiver;
    ask: ReturnType<typeof asker>;
    clock: ReturnType<typeof createTestClock>;
  }> {
    const clock = createTestClock();
    const api = await start({ env: { OUTBOUND_ALLOW: 'loopback' }, clock });
    const { prefix } = api.queueSide;
    const delivering = endWithTest(await startDelivering({ redisUrl: redis.url, prefix, clock }));
    const receiver = endWithTest(await startReceiver(answer));
    return { api, delivering, receiver, ask: asker(api), clock };
  }

  /** Sends JSON and reads JSON. */
  function asker(api: TestApi, key?: string) {
    return async (method: string, path: string, body?: object) => {
      const response = await fetch(`${api.address}/v1/webhooks${path}`, {
        method,
        headers: {
          ...(body && { 'content-type': 'application/json' }),
          ...(key && { authorization: `Bearer ${key}` }),
        },
        body: body ? JSON.stringify(body) : null,
      });
      const text = await response.text();
      return {
        status: response.status,
        location: response.headers.get('location'),
        body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>),
      };
    };
  }

  function expectFits(schema: TSchema, value: unknown): void {
    expect([...Value.Errors(schema, value)]).toEqual([]);
  }

  it('keeps endpoints, whose secret is shown once', async () => {
    const ask = asker(await start());
    const created = await ask('POST', '', { url: somewhere, events: ['caption.failed'] });
    expect(created.status).toBe(201);
    const { secret, ...webhook } = created.body ?? {};
    expectFits(WebhookSecret, secret);
    expect(Buffer.from(String(secret).slice(6), 'base64')).toHaveLength(32);
    expectFits(Webhook, webhook);
    expect(webhook).toMatchObject({
      url: somewhere,
      events: ['caption.failed'],
      description: '',
      enabled: true,
      disabled_reason: null,
      failing_since: null,
    });
    expect(created.location).toBe(`/v1/webhooks/${webhook.id}`);
    const other = await ask('POST', '', { url: `${somewhere}/2`, description: 'second' });
    expect(other.body?.events).toHaveLength(5);
    const { secret: _, ...second } = other.body ?? {};
    expect((await ask('GET', '')).body).toEqual({ data: [webhook, second] });
    expect((await ask('GET', `/${webhook.id}`)).body).toEqual(webhook);

    const changed = await ask('PATCH', `/${webhook.id}`, { description: 'mine', enabled: false });
    expect(changed.body).toEqual({
      ...webhook,
      description: 'mine',
      enabled: false,
      disabled_reason: 'requested',
    });
    expect((await ask('GET', `/${webhook.id}`)).body).toEqual(changed.body);
    const enabled = await ask('PATCH', `/${webhook.id}`, { enabled: true, description: '' });
    expect(enabled.body).toEqual(webhook);

    expect(await ask('DELETE', `/${webhook.id}`)).toMatchObject({ status: 204, body: undefined });
    expect((await ask('GET', '')).body).toEqual({ data: [second] });
    for (const [method, path] of [
      ['GET', ''],
      ['PATCH', ''],
      ['DELETE', ''],
      ['POST', '/rotate-secret'],
      ['POST', '/test'],
      ['GET', '/deliveries'],
      ['POST', `/deliveries/msg_${'0'.repeat(32)}/replay`],
    ] as const) {
      const body = method === 'PATCH' ? { enabled: true } : undefined;
      const gone = await ask(method, `/${webhook.id}${path}`, body);
      expect(gone, `${method} ${path}`).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
  });

  it('refuses URLs that lead inside or nowhere, also as a change', async () => {
    const ask = asker(await start());
    const { body } = await ask('POST', '', { url: somewhere });
    for (const url of [
      'https://127.1/',
      'https://2130706433/',
      'https://[::ffff:7f00:1]/',
      'https://169.254.169.254/latest/',
      'https://localhost./',
      'https://me:secret@receiver.example/',
      'http://receiver.example/',
      'https://receiver.example:22/',
      'not a URL',
    ]) {
      const refused = { status: 422, body: { code: 'url_refused' } };
      expect(await ask('POST', '', { url }), url).toMatchObject(refused);
      expect(await ask('PATCH', `/${body?.id}`, { url }), url).toMatchObject(refused);
    }
    expect((await ask('GET', '')).body?.data).toMatchObject([{ url: somewhere }]);
  });

  it('says what does not fit in a request', async () => {
    const api = await start();
    const ask = asker(api);
    const { body } = await ask('POST', '', { url: somewhere });
    for (const wrong of [
      {},
      { url: 1 },
      { url: somewhere, secret: 'mine' },
      { url: somewhere, events: [] },
      { url: somewhere, events: ['caption.invented'] },
      { url: somewhere, events: ['caption.failed', 'caption.failed'] },
      { url: somewhere, description: 'x'.repeat(201) },
    ]) {
      expect(await ask('POST', '', wrong)).toMatchObject({ status: 400 });
    }
    expect(await ask('PATCH', `/${body?.id}`, {})).toMatchObject({ status: 400 });
    expect(await ask('GET', '/we_1')).toMatchObject({ status: 400 });
    expect(await ask('GET', `/${body?.id}/deliveries?limit=0`)).toMatchObject({ status: 400 });
    const post = (contentType: string, text: string) =>
      fetch(`${api.address}/v1/webhooks`, {
        method: 'POST',
        headers: { 'content-type': contentType },
        body: text,
      });
    const problems = [
      ['application/json', '{', 400],
      ['application/json', '{"url":"https://a.example","__proto__":{"events":[]}}', 400],
      ['text/plain', 'url', 415],
      ['application/json', JSON.stringify({ url: 'x'.repeat(20_000) }), 413],
    ] as const;
    for (const [type, text, status] of problems) {
      expect((await readProblem(await post(type, text))).status, text.slice(0, 40)).toBe(status);
    }
  });

  it('keeps at most fifty endpoints a tenant', async () => {
    const ask = asker(await start());
    const answers = await Promise.all(
      Array.from({ length: 60 }, () => ask('POST', '', { url: somewhere })),
    );
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
    const refused = answers.filter(({ status }) => status === 409);
    expect(refused).toHaveLength(10);
    expect(refused[0]?.body).toMatchObject({ code: 'too_many_webhooks' });
  });

  it('keeps tenants apart, and asks for the scope', async () => {
    const api = await start({ env: { AUTH: 'required' } });
    const keyOf = async (tenant: string, scope: 'webhooks' | 'captions:write') =>
      (await api.apiKeys.create({ tenant, scopes: [scope], name: '' })).key;
    const mine = asker(api, await keyOf('a', 'webhooks'));
    const theirs = asker(api, await keyOf('b', 'webhooks'));
    const { body } = await mine('POST', '', { url: somewhere });
    expect((await theirs('GET', '')).body).toEqual({ data: [] });
    for (const [method, path, sent] of [
      ['GET', '', undefined],
      ['PATCH', '', { enabled: false }],
      ['DELETE', '', undefined],
      ['POST', '/rotate-secret', undefined],
      ['POST', '/test', undefined],
      ['GET', '/deliveries', undefined],
    ] as const) {
      expect(await theirs(method, `/${body?.id}${path}`, sent)).toMatchObject({ status: 404 });
    }
    const secrets = await Promise.all([mine('GET', '/secret'), theirs('GET', '/secret')]);
    expect(secrets[0].body).not.toEqual(secrets[1].body);
    expect((await mine('GET', `/${body?.id}`)).body).toMatchObject({ enabled: true });
    const without = asker(api, await keyOf('a', 'captions:write'));
    expect(await without('GET', '')).toMatchObject({ status: 403 });
    expect(await asker(api)('GET', '')).toMatchObject({ status: 401 });
  });

  it('answers one secret for all captions’ own URLs, also to many that ask at once', async () => {
    const ask = asker(await start());
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('GET', '/secret')));
    expect(new Set(answers.map(({ body }) => body?.secret)).size).toBe(1);
    expectFits(WebhookSecret, answers[0]?.body?.secret);
  });

  it('notifies of a caption that workers finished, at its endpoint and at its own URL', async () => {
    const { api, receiver, ask } = await startAll();
    const own = endWithTest(await startReceiver());
    work(api);
    const { body: webhook } = await ask('POST', '', { url: receiver.url });
    const { body: secret } = await ask('GET', '/secret');
    const accepted = await readCaption(await api.upload(photo, { webhook: own.url }));
    const [atEndpoint] = await receiver.until(1);
    const [atOwn] = await own.until(1);
    const read = (key: unknown, { body, headers }: Received) =>
      new StandardWebhook(String(key)).verify(body, headers);
    const event = read(webhook?.secret, atEndpoint as Received) as { data: unknown };
    expect(read(secret?.secret, atOwn as Received)).toEqual(event);
    const caption = await readCaption(await fetch(`${api.address}${accepted.urls.self}`));
    expect(event).toEqual({
      type: 'caption.succeeded',
      timestamp: caption.completed_at,
      data: caption,
    });
    expect(atOwn?.headers['webhook-id']).not.toBe(atEndpoint?.headers['webhook-id']);
  });

  it('notifies of a caption that was canceled, or deleted with nothing left of it', async () => {
    const { api, receiver, ask } = await startAll();
    await ask('POST', '', { url: receiver.url, events: ['caption.canceled'] });
    const first = await readCaption(await api.upload(photo));
    expect((await fetch(`${api.address}${first.urls.cancel}`, { method: 'POST' })).ok).toBe(true);
    const second = await readCaption(await api.upload(photo));
    expect((await fetch(`${api.address}${second.urls.self}`, { method: 'DELETE' })).ok).toBe(true);
    const received = await receiver.until(2);
    const events = received.map(({ body }) => JSON.parse(body) as { data: { id: string } });
    expect(events.map(({ data }) => data.id).sort()).toEqual([first.id, second.id].sort());
    expect(events).toMatchObject([
      { data: { status: 'canceled' } },
      { data: { status: 'canceled' } },
    ]);
  });

  it('loses nothing of what ends while no API runs', async () => {
    const { api, delivering, receiver, ask } = await startAll();
    await ask('POST', '', { url: receiver.url });
    const ids = await Promise.all(
      Array.from({ length: 5 }, async () => (await readCaption(await api.upload(photo))).id),
    );
    await delivering.stop();
    const { prefix } = api.queueSide;
    work(api);
    await Promise.all(ids.map((id) => api.queueSide.untilEnded(id)));
    expect(receiver.received).toEqual([]);
    endWithTest(await startDelivering({ redisUrl: redis.url, prefix }));
    const received = await receiver.until(5);
    const notified = received.map(
      ({ body }) => (JSON.parse(body) as { data: { id: string } }).data.id,
    );
    expect(notified.sort()).toEqual(ids.sort());
  });

  it('tries an endpoint out with one attempt', async () => {
    const { receiver, ask } = await startAll(answerStatus(500));
    const { body: webhook } = await ask('POST', '', { url: receiver.url });
    const { status, body } = await ask('POST', `/${webhook?.id}/test`);
    expect(status).toBe(202);
    expectFits(WebhookDelivery, body);
    const [received] = await receiver.until(1);
    const secret = String(webhook?.secret);
    const { headers } = received as Received;
    expect(headers['webhook-id']).toBe(body?.id);
    expect(new StandardWebhook(secret).verify(received?.body ?? '', headers)).toMatchObject({
      type: 'webhook.test',
      data: { webhook_id: webhook?.id },
    });
    await expect
      .poll(async () => (await ask('GET', `/${webhook?.id}/deliveries`)).body, soon)
      .toMatchObject({ data: [{ id: body?.id, status: 'failed', next_attempt_at: null }] });
  });

  it('lists what was sent, page by page, and sends it again', async () => {
    const { delivering, receiver, ask, clock } = await startAll((request, response, count) =>
      (count <= 3 ? answerOk : answerStatus(500))(request, response, count),
    );
    const { body: webhook } = await ask('POST', '', { url: receiver.url });
    for (let n = 0; n < 3; n += 1) {
      await delivering.addEvent(endedCaption());
      await receiver.until(n + 1);
      clock.turn(1);
    }
    const path = `/${webhook?.id}/deliveries`;
    type Page = { data: WebhookDelivery[]; next_cursor: string | null };
    const page = async (query: string) => (await ask('GET', `${path}${query}`)).body as Page;
    await expect
      .poll(async () => (await page('')).data.map(({ status }) => status), soon)
      .toEqual(['succeeded', 'succeeded', 'succeeded']);
    const all = await page('');
    for (const delivery of all.data) expectFits(WebhookDelivery, delivery);
    const ids = all.data.map(({ id }) => id);
    expect(ids).toEqual(receiver.received.map(({ headers }) => headers['webhook-id']).reverse());
    const first = await page('?limit=2');
    expect(first.data.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const second = await page(`?limit=2&cursor=${first.next_cursor}`);
    expect(second).toMatchObject({ data: [{ id: ids[2] }], next_cursor: null });

    const replayed = await ask('POST', `${path}/${ids[2]}/replay`);
    expect(replayed).toMatchObject({ status: 202, body: { id: ids[2], status: 'pending' } });
    const [original, , , again] = await receiver.until(4);
    expect(again?.headers['webhook-id']).toBe(original?.headers['webhook-id']);
    expect(again?.body).toBe(original?.body);
    // It failed this time, so it is tried again as any other; a second replay doesn't wait for that.
    await expect
      .poll(async () => (await page('')).data.at(-1)?.attempts.map(({ status }) => status), soon)
      .toEqual([204, 500]);
    await ask('POST', `${path}/${ids[2]}/replay`);
    await receiver.until(5);
    await delivering.turn(HOUR);
    await receiver.until(6);
    await expect.poll(async () => (await page('')).data.at(-1)?.attempts.length, soon).toBe(4);
    expect(receiver.received).toHaveLength(6);

    expect(await ask('POST', `${path}/msg_${'0'.repeat(32)}/replay`)).toMatchObject({
      status: 404,
    });
    await ask('PATCH', `/${webhook?.id}`, { enabled: false });
    for (const call of [`${path}/${ids[0]}/replay`, `/${webhook?.id}/test`]) {
      expect(await ask('POST', call)).toMatchObject({
        status: 409,
        body: { code: 'webhook_disabled' },
      });
    }
  });

  it('sends what waits to the URL that an endpoint was changed to, and nothing once it is deleted', async () => {
    const { delivering, receiver, ask } = await startAll(answerStatus(500));
    const moved = endWithTest(await startReceiver(answerStatus(500)));
    const { body: webhook } = await ask('POST', '', { url: receiver.url });
    await delivering.addEvent(endedCaption());
    await receiver.until(1);
    await ask('PATCH', `/${webhook?.id}`, { url: moved.url });
    await expect
      .poll(async () => (await ask('GET', `/${webhook?.id}`)).body?.failing_since, soon)
      .not.toBeNull();
    await delivering.turn(10_000);
    await moved.until(1);
    await ask('DELETE', `/${webhook?.id}`);
    await delivering.turn(HOUR);
    const other = endWithTest(await startReceiver());
    await delivering.addEvent(endedCaption('failed', { webhook: other.url }));
    await other.until(1);
    expect([receiver.received.length, moved.received.length]).toEqual([1, 1]);
  });

  it('rotates a secret', async () => {
    const { delivering, receiver, ask, clock } = await startAll();
    const { body: webhook } = await ask('POST', '', { url: receiver.url });
    const { status, body } = await ask('POST', `/${webhook?.id}/rotate-secret`);
    expect(status).toBe(200);
    expectFits(WebhookSecret, body?.secret);
    const validForMs = Date.parse(String(body?.previous_valid_until)) - clock.now();
    expect(Math.round(validForMs / HOUR)).toBe(24);
    await delivering.addEvent(endedCaption());
    const [received] = await receiver.until(1);
    for (const secret of [webhook?.secret, body?.secret]) {
      const verify = new StandardWebhook(String(secret));
      expect(verify.verify(received?.body ?? '', (received as Received).headers)).toBeDefined();
    }
  });

  it('answers 503 while Redis is away', async () => {
    const own = endWithTest(await startRedis());
    const api = await start({ redisUrl: own.url });
    const ask = asker(api);
    const { body } = await ask('POST', '', { url: somewhere });
    await own.pause();
    try {
      const calls = [
        ask('GET', ''),
        ask('POST', '', { url: somewhere }),
        ask('GET', `/${body?.id}/deliveries`),
        ask('POST', `/${body?.id}/test`),
      ];
      for (const answer of await Promise.all(calls)) {
        expect(answer).toMatchObject({ status: 503, body: { code: 'redis_unavailable' } });
      }
    } finally {
      await own.resume();
    }
  });
});
