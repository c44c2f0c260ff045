// How events reach receivers: signed, again and again until they are received, and without one receiver harming another.

import { once } from 'node:events';
import { createWebhookDeliveries } from '@caption-queue/api/webhooks/deliveries';
import {
  createWebhookEndpoints,
  type WebhookEndpoints,
} from '@caption-queue/api/webhooks/endpoints';
import type { WebhookDelivery } from '@caption-queue/contract/webhooks';
import { buildKeys } from '@caption-queue/redis/keys';
import { Redis } from 'ioredis';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { endWithTest } from '../../../support/end-with-test.ts';
import { randomPrefix, soon } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import {
  type Answer,
  answerNever,
  answerOk,
  answerStatus,
  createTestClock,
  type Delivering,
  endedCaption,
  type Received,
  startDelivering,
  startReceiver,
  type TestClock,
  type TestReceiver,
} from '../../../support/webhooks/webhooks.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const tenant = 'default';

describe.skipIf(!redisIsAvailable)('webhooks', () => {
  const server = useRedis();
  let redis: Redis;
  beforeAll(async () => {
    redis = new Redis(server.url);
  });
  afterAll(() => redis?.disconnect());

  interface Setting {
    prefix: string;
    clock: TestClock;
    endpoints: WebhookEndpoints;
    delivering: Delivering;
    receiver(answer?: Answer): Promise<TestReceiver>;
    /** Creates an endpoint of the tenant. */
    endpoint(url: string): Promise<{ id: string; secret: string }>;
    /** The endpoint's one delivery. */
    delivery(webhookId: string): Promise<WebhookDelivery | undefined>;
  }

  async function setUp(
    options: Partial<Parameters<typeof startDelivering>[0]> = {},
  ): Promise<Setting> {
    const prefix = randomPrefix();
    const clock = createTestClock();
    const common = { redis, prefix, clock };
    const endpoints = createWebhookEndpoints(common);
    const deliveries = createWebhookDeliveries({ ...common, retentionSeconds: 3_600 });
    const delivering = endWithTest(
      await startDelivering({ redisUrl: server.url, prefix, clock, ...options }),
    );
    return {
      prefix,
      clock,
      endpoints,
      delivering,
      receiver: async (answer) => endWithTest(await startReceiver(answer)),
      async endpoint(url) {
        const { webhook, secret } = await endpoints.create(tenant, { url });
        return { id: webhook.id, secret };
      },
      async delivery(webhookId) {
        const { deliveries: all } = await deliveries.list(webhookId, { limit: 10 });
        expect(all.length).toBeLessThan(2);
        return all[0];
      },
    };
  }

  const verify = (secret: string, { body, headers }: Received) =>
    new StandardWebhook(secret).verify(body, headers) as {
      type: string;
      timestamp: string;
      data: Record<string, unknown>;
    };

  it('notify an endpoint of a caption that ended, signed as Standard Webhooks has it', async () => {
    const { delivering, receiver, endpoint, delivery } = await setUp();
    const { url, until } = await receiver(answerStatus(200));
    const { id, secret } = await endpoint(url);
    const caption = endedCaption();
    await delivering.addEvent(caption);
    const [received] = await until(1);
    const event = verify(secret, received as Received);
    expect(event).toMatchObject({
      type: 'caption.succeeded',
      timestamp: '2025-11-24T16:00:01.000Z',
      data: {
        id: caption.id,
        status: 'succeeded',
        output: { caption: 'a dog runs' },
        urls: { self: `/v1/captions/${caption.id}` },
      },
    });
    expect(event.data).not.toHaveProperty('tenant');
    expect(received?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'caption-queue/0.0.0-test',
    });
    await expect
      .poll(() => delivery(id), soon)
      .toMatchObject({
        id: received?.headers['webhook-id'],
        type: 'caption.succeeded',
        status: 'succeeded',
        next_attempt_at: null,
        attempts: [{ status: 200, error: null, response: 'answer 200' }],
      });
    expect(() => verify(`whsec_${'A'.repeat(44)}`, received as Received)).toThrow();
  });

  it('notify the URL that a caption came with, of what it asked for, signed with the tenant’s secret', async () => {
    const { delivering, receiver, endpoints } = await setUp();
    const wanted = await receiver();
    const all = await receiver();
    const webhook_events_filter = JSON.stringify(['caption.failed']);
    await delivering.addEvent(
      endedCaption('succeeded', { webhook: wanted.url, webhook_events_filter }),
    );
    await delivering.addEvent(endedCaption('canceled', { webhook: all.url }));
    await delivering.addEvent(
      endedCaption('failed', { webhook: wanted.url, webhook_events_filter }),
    );
    const secret = await endpoints.tenantSecret(tenant);
    const [canceled] = await all.until(1);
    expect(verify(secret, canceled as Received).type).toBe('caption.canceled');
    const [failed] = await wanted.until(1);
    expect(verify(secret, failed as Received).type).toBe('caption.failed');
    expect(wanted.received).toHaveLength(1);
  });

  it('notify only endpoints of the tenant, that are enabled, of the events that they chose', async () => {
    const { delivering, receiver, endpoints, endpoint } = await setUp();
    const { url, received, until } = await receiver();
    const one = await receiver();
    await endpoints.create('another', { url });
    await endpoints.create(tenant, { url, events: ['caption.failed', 'batch.completed'] });
    const off = await endpoint(url);
    await endpoints.update(tenant, off.id, { enabled: false });
    await endpoint(one.url);
    await delivering.addEvent(endedCaption('succeeded'));
    await one.until(1);
    expect(received).toEqual([]);
    const times = { created_at: '1764000000000', completed_at: '1764000001000' };
    const ends = { total: '3', succeeded: '2', failed: '1' };
    await delivering.addEvent({ event: 'batch.completed', id: 'bat_1', tenant, ...times, ...ends });
    const [batch] = await until(1);
    expect(JSON.parse(batch?.body ?? '')).toMatchObject({
      type: 'batch.completed',
      timestamp: '2025-11-24T16:00:01.000Z',
      data: { id: 'bat_1', status: 'completed', counts: { total: 3, succeeded: 2, failed: 1 } },
    });
  });

  it('keep bodies under 20 kB', async () => {
    const { delivering, receiver, endpoint } = await setUp();
    const { url, until } = await receiver();
    await endpoint(url);
    const long = { caption: 'long', words: [], tags: [], confidence: null, alt_text: null };
    const alternatives = Array.from({ length: 10 }, () => ({
      caption: 'word '.repeat(500),
      confidence: null,
      log_prob: -1,
    }));
    const output = JSON.stringify({ ...long, alternatives });
    await delivering.addEvent(endedCaption('succeeded', { output }));
    const [received] = await until(1);
    expect(received?.body.length).toBeLessThan(20_000);
    expect(JSON.parse(received?.body ?? '').data.output).toEqual({ ...long, alternatives: [] });
  });

  it('reach a receiver that fails three times on the fourth, with the same id and body', async () => {
    const { delivering, clock, receiver, endpoint, delivery } = await setUp();
    const { url, received, until } = await receiver((request, response, count) =>
      (count < 4 ? answerStatus(500) : answerOk)(request, response, count),
    );
    const { id, secret } = await endpoint(url);
    await delivering.addEvent(endedCaption());
    const timestamps: number[] = [];
    for (const [attempt, delayMs] of [5 * SECOND, 5 * MINUTE, 30 * MINUTE].entries()) {
      const got = await until(attempt + 1);
      timestamps.push(Number(got.at(-1)?.headers['webhook-timestamp']));
      await expect.poll(async () => (await delivery(id))?.attempts.length, soon).toBe(attempt + 1);
      // Woken too early, it goes back to waiting.
      await delivering.turn(delayMs - 2 * SECOND);
      await delivering.turn(2 * SECOND);
    }
    const all = await until(4);
    expect(new Set(all.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    expect(new Set(all.map(({ body }) => body)).size).toBe(1);
    expect(new Set(all.map(({ headers }) => headers['webhook-signature'])).size).toBe(4);
    await expect.poll(async () => (await delivery(id))?.status, soon).toBe('succeeded');
    expect((await delivery(id))?.attempts.map(({ status }) => status)).toEqual([
      500, 500, 500, 204,
    ]);
    expect(received).toHaveLength(4);
    expect(clock.now() / 1_000 - (timestamps[0] ?? 0)).toBeGreaterThan(2_105);
    expect(secret).toMatch(/^whsec_/);
  });

  it('are given up after eight attempts in about 27.6 hours', async () => {
    const { delivering, receiver, endpoint, delivery } = await setUp();
    const { url, until } = await receiver(answerStatus(500));
    const { id } = await endpoint(url);
    await delivering.addEvent(endedCaption());
    const delays = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 10 * HOUR];
    for (const [attempt, delayMs] of delays.entries()) {
      await until(attempt + 1);
      await expect
        .poll(async () => {
          const { attempts = [], next_attempt_at } = (await delivery(id)) ?? {};
          const at = Date.parse(attempts[attempt]?.at ?? '');
          return Date.parse(next_attempt_at ?? '') - at;
        }, soon)
        .toBeGreaterThanOrEqual(delayMs);
      await delivering.turn(delayMs + SECOND);
    }
    const all = await until(8);
    await expect.poll(async () => (await delivery(id))?.status, soon).toBe('failed');
    const seconds = all.map(({ headers }) => Number(headers['webhook-timestamp']));
    const hours = ((seconds.at(-1) ?? 0) - (seconds[0] ?? 0)) / 3_600;
    expect(hours).toBeGreaterThan(27.5);
    expect(hours).toBeLessThan(27.7);
    expect(await delivery(id)).toMatchObject({ next_attempt_at: null });
  });

  it('wait as long as a receiver asks for', async () => {
    const { delivering, receiver, endpoint, delivery } = await setUp();
    const { url, until } = await receiver(answerStatus(503, { 'retry-after': '3600' }));
    const { id } = await endpoint(url);
    await delivering.addEvent(endedCaption());
    await until(1);
    await expect
      .poll(async () => {
        const { attempts = [], next_attempt_at } = (await delivery(id)) ?? {};
        return Date.parse(next_attempt_at ?? '') - Date.parse(attempts[0]?.at ?? '');
      }, soon)
      .toBeGreaterThanOrEqual(HOUR);
  });

  it.each<[string, Answer, { status: number | null; error: RegExp }]>([
    ['hangs', answerNever, { status: null, error: /No answer within 0.3 s/ }],
    ['answers 500', answerStatus(500), { status: 500, error: /only 2xx/ }],
    ['resets', (q) => q.socket.resetAndDestroy(), { status: null, error: /closed the connection/ }],
    ['redirects', answerStatus(302, { location: '/' }), { status: 302, error: /only 2xx/ }],
  ])('try a receiver again that %s', async (_what, answer, attempt) => {
    const { delivering, receiver, endpoint, delivery } = await setUp({
      webhooks: { timeoutMs: 300 },
    });
    const { url, received, until } = await receiver((request, response, count) =>
      (count === 1 ? answer : answerOk)(request, response, count),
    );
    const { id } = await endpoint(url);
    await delivering.addEvent(endedCaption());
    await until(1);
    await expect
      .poll(() => delivery(id), soon)
      .toMatchObject({
        status: 'pending',
        attempts: [{ status: attempt.status, error: expect.stringMatching(attempt.error) }],
      });
    await delivering.turn(10 * SECOND);
    await expect.poll(async () => (await delivery(id))?.status, soon).toBe('succeeded');
    expect(received).toHaveLength(2);
  });

  it('take the status of a receiver that never ends its answer', async () => {
    const { delivering, receiver, endpoint, delivery } = await setUp();
    const { url } = await receiver((_request, response) => response.writeHead(200).write('begun'));
    const { id } = await endpoint(url);
    await delivering.addEvent(endedCaption());
    await expect
      .poll(() => delivery(id), soon)
      .toMatchObject({
        status: 'succeeded',
        attempts: [{ status: 200, response: 'begun' }],
      });
  });

  it('never again disturb a receiver that answers 410', async () => {
    const { delivering, receiver, endpoint, endpoints, delivery } = await setUp();
    const { url, received } = await receiver(answerStatus(410));
    const { id } = await endpoint(url);
    await delivering.addEvent(endedCaption());
    await expect.poll(async () => (await delivery(id))?.status, soon).toBe('failed');
    expect(await endpoints.get(tenant, id)).toMatchObject({
      enabled: false,
      disabled_reason: 'gone',
    });
    const other = await receiver();
    await endpoint(other.url);
    await delivering.addEvent(endedCaption());
    await other.until(1);
    expect(received).toHaveLength(1);
  });

  it('disable a receiver that has only failed for five days, and not one that succeeded between', async () => {
    const { delivering, clock, receiver, endpoint, endpoints } = await setUp();
    let recovered = false;
    const dead = await receiver(answerStatus(500));
    const moody = await receiver((request, response, count) =>
      (recovered ? answerOk : answerStatus(500))(request, response, count),
    );
    const [first, second] = [await endpoint(dead.url), await endpoint(moody.url)];
    await delivering.addEvent(endedCaption());
    await Promise.all([dead.until(1), moody.until(1)]);
    recovered = true;
    for (const { id } of [first, second]) {
      await expect
        .poll(async () => (await endpoints.get(tenant, id)).failing_since, soon)
        .not.toBeNull();
    }
    clock.turn(4 * 24 * HOUR);
    await delivering.addEvent(endedCaption());
    await Promise.all([dead.until(2), moody.until(2)]);
    await expect
      .poll(async () => (await endpoints.get(tenant, second.id)).failing_since, soon)
      .toBeNull();
    expect(await endpoints.get(tenant, first.id)).toMatchObject({ enabled: true });
    recovered = false;
    clock.turn(25 * HOUR);
    await delivering.addEvent(endedCaption());
    await expect
      .poll(() => endpoints.get(tenant, first.id), soon)
      .toMatchObject({
        enabled: false,
        disabled_reason: 'failing',
      });
    await moody.until(3);
    expect(await endpoints.get(tenant, second.id)).toMatchObject({ enabled: true });
    await endpoints.update(tenant, first.id, { enabled: true });
    expect(await endpoints.get(tenant, first.id)).toMatchObject({
      enabled: true,
      disabled_reason: null,
      failing_since: null,
    });
  });

  it('of a dead receiver never delay those of another', async () => {
    const { delivering, receiver, endpoints } = await setUp({ webhooks: { timeoutMs: 5_000 } });
    const dead = await receiver(answerNever);
    const alive = await receiver();
    await endpoints.create(tenant, { url: dead.url });
    // More than this process attempts at once.
    for (let n = 0; n < 150; n += 1) await delivering.addEvent(endedCaption());
    await dead.until(4);
    const startMs = Date.now();
    await delivering.addEvent(endedCaption('failed', { webhook: alive.url }));
    const [received] = await alive.until(1);
    expect((received?.atMs ?? 0) - startMs).toBeLessThan(2_000);
    expect(dead.mostAtOnce).toBeLessThanOrEqual(4);
    expect(dead.received.length).toBeLessThan(10);
  });

  it('go to one receiver at most four at a time, and all get there', async () => {
    const { delivering, receiver, endpoint } = await setUp();
    const slow = await receiver((_q, response) => void setTimeout(() => response.end(), 20));
    await endpoint(slow.url);
    await Promise.all(Array.from({ length: 40 }, () => delivering.addEvent(endedCaption())));
    await slow.until(40);
    expect(slow.mostAtOnce).toBeGreaterThan(1);
    expect(slow.mostAtOnce).toBeLessThanOrEqual(4);
    expect(new Set(slow.received.map(({ headers }) => headers['webhook-id'])).size).toBe(40);
  });

  it('are not sent to a name that means an address inside', async () => {
    const inside = endWithTest(await startReceiver());
    const { delivering, endpoint, delivery } = await setUp({
      resolve: async () => [{ address: '169.254.169.254', family: 4 }],
    });
    const { id } = await endpoint(inside.url.replace('127.0.0.1', 'rebound.example'));
    await delivering.addEvent(endedCaption());
    await expect
      .poll(() => delivery(id), soon)
      .toMatchObject({
        status: 'pending',
        attempts: [{ status: null, error: expect.stringMatching(/must be a public one/) }],
      });
    expect(inside.received).toEqual([]);
  });

  it('are signed with both secrets for a day after a rotation', async () => {
    const { delivering, clock, receiver, endpoint, endpoints } = await setUp();
    const { url, until } = await receiver();
    const { id, secret: old } = await endpoint(url);
    const { secret, previousValidUntilMs } = await endpoints.rotateSecret(tenant, id);
    expect(secret).not.toBe(old);
    expect(previousValidUntilMs - clock.now()).toBeGreaterThan(24 * HOUR - MINUTE);
    await delivering.addEvent(endedCaption());
    const [received] = await until(1);
    expect(verify(old, received as Received)).toEqual(verify(secret, received as Received));
    clock.turn(24 * HOUR + SECOND);
    await delivering.addEvent(endedCaption());
    const [, later] = await until(2);
    expect(later?.headers['webhook-signature']).not.toContain(' ');
  });

  it('reach the others when one receiver’s cannot be kept', async () => {
    const { delivering, receiver, endpoint } = await setUp();
    const { url, until } = await receiver();
    await endpoint(url);
    await delivering.addEvent(endedCaption('succeeded', { webhook: 'no URL at all' }));
    await until(1);
  });

  it('are looked for at a pace while the outbox’s group is missing and cannot be made', async () => {
    const user = `user-${randomPrefix()}`;
    await redis.acl('SETUSER', user, 'on', '>secret', '~*', '&*', '+@all', '-xgroup');
    const outbox = new Redis(server.url, { username: user, password: 'secret' });
    await once(outbox, 'ready');
    const attempts = async () => {
      const stats = await redis.info('commandstats');
      return Number(/cmdstat_xgroup\b[^\n]*rejected_calls=(\d+)/.exec(stats)?.[1] ?? 0);
    };
    const before = await attempts();
    const beginMs = performance.now();
    await setUp({ webhooks: { outboxRedis: outbox } });
    await expect.poll(async () => (await attempts()) - before, soon).toBeGreaterThanOrEqual(3);
    // Two pauses of half a second lie between three attempts.
    expect(performance.now() - beginMs).toBeGreaterThan(900);
  });

  it('survive the death of the process that took them', async () => {
    const { prefix, delivering, receiver, endpoint } = await setUp({
      webhooks: { abandonedMs: 200 },
    });
    const keys = buildKeys(prefix);
    const { url, until } = await receiver();
    await endpoint(url);
    await expect
      .poll(() => redis.xinfo('GROUPS', keys.outbox).catch(() => []), soon)
      .toHaveLength(1);
    await delivering.stop();
    const entry = Object.entries(endedCaption()).flat();
    await redis.xadd(keys.outbox, '*', ...entry);
    // A process takes it, and dies before it has kept anything.
    await redis.xreadgroup('GROUP', 'webhooks', 'api', 'STREAMS', keys.outbox, '>');
    endWithTest(
      await startDelivering({
        redisUrl: server.url,
        prefix,
        webhooks: { abandonedMs: 200 },
      }),
    );
    await until(1);
    await expect.poll(() => redis.xlen(keys.outbox), soon).toBe(0);
  });

  it('that were handled twice are sent once', async () => {
    const { prefix, delivering, receiver, endpoint } = await setUp();
    const { url, received, until } = await receiver();
    await endpoint(url);
    await delivering.addEvent(endedCaption());
    const [first] = await until(1);
    const keys = buildKeys(prefix);
    await expect.poll(() => redis.xlen(keys.outbox), soon).toBe(0);
    // The same entry again, as if its process had died before it deleted it.
    const info = (await redis.xinfo('STREAM', keys.outbox)) as unknown[];
    const lastId = info[info.indexOf('last-generated-id') + 1] as string;
    await redis.del(keys.outbox);
    await redis.xgroup('CREATE', keys.outbox, 'webhooks', '0', 'MKSTREAM');
    await redis.xadd(keys.outbox, lastId, ...Object.entries(endedCaption()).flat());
    await expect.poll(() => redis.xlen(keys.outbox), soon).toBe(0);
    const other = endWithTest(await startReceiver());
    await delivering.addEvent(endedCaption('failed', { webhook: other.url }));
    await other.until(1);
    await until(2);
    expect(received.map(({ body }) => JSON.parse(body).type)).toEqual([
      'caption.succeeded',
      'caption.failed',
    ]);
    expect(first?.headers['webhook-id']).not.toBe(received[1]?.headers['webhook-id']);
  });

  it('leave no secret, URL or body in the queue', async () => {
    const { prefix, delivering, receiver, endpoint } = await setUp();
    const { url, until } = await receiver(answerStatus(500));
    await endpoint(url);
    await delivering.addEvent(endedCaption());
    await until(1);
    const jobKeys = (await redis.keys(`${prefix.replace(/[{}]/g, '?')}:q:*`)).filter((key) =>
      key.includes('msg_'),
    );
    expect(jobKeys.length).toBeGreaterThan(0);
    for (const key of jobKeys) {
      if ((await redis.type(key)) !== 'hash') continue;
      const text = JSON.stringify(await redis.hgetall(key));
      expect(text).toContain('msg_');
      expect(text).not.toMatch(/whsec_|127\.0\.0\.1|a dog/);
    }
  });

  it('are counted', async () => {
    const { delivering, receiver, endpoint } = await setUp();
    const good = await receiver();
    const bad = await receiver(answerStatus(500));
    await endpoint(good.url);
    await endpoint(bad.url);
    await delivering.addEvent(endedCaption());
    const lines = async () => (await delivering.registry.metrics()).split('\n');
    const find = async (...parts: string[]) =>
      (await lines()).find((line) => parts.every((part) => line.includes(part)));
    await expect
      .poll(() => find('cq_webhook_attempt_seconds_count', '"rejected"'), soon)
      .toMatch(/ 1$/);
    await expect
      .poll(() => find('cq_webhook_deliveries_total', '"succeeded"'), soon)
      .toMatch(/ 1$/);
    expect(await find('cq_webhook_attempt_seconds_count', '"succeeded"')).toMatch(/ 1$/);
    expect(await find('cq_webhook_deliveries_waiting{')).toMatch(/ 1$/);
  });
});
