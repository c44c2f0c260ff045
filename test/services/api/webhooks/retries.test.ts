// Deliveries that fail: tried again at the times that are promised, given up in the end, and endpoints disabled.
import { describe, expect, it } from 'vitest';
import { soon } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import { tenant, useWebhooks } from '../../../support/webhooks/use-webhooks.ts';
import {
  type Answer,
  answerNever,
  answerOk,
  answerStatus,
  endedCaption,
} from '../../../support/webhooks/webhooks.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe.skipIf(!redisIsAvailable)('webhooks', () => {
  const server = useRedis();
  const setUp = useWebhooks(server);

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
});
