// What receivers get: the events that they asked for, signed, and nothing that is not theirs.
import { describe, expect, it } from 'vitest';
import { endWithTest } from '../../../support/end-with-test.ts';
import { soon } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import { tenant, useWebhooks, verify } from '../../../support/webhooks/use-webhooks.ts';
import {
  answerStatus,
  endedCaption,
  type Received,
  startReceiver,
} from '../../../support/webhooks/webhooks.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe.skipIf(!redisIsAvailable)('webhooks', () => {
  const server = useRedis();
  const setUp = useWebhooks(server);

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
    const judged = { confidence: null, alt_text: null, kind: null, kind_confidence: null };
    const long = { caption: 'long', words: [], tags: [], ...judged };
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

  it('leave no secret, URL or body in the queue', async () => {
    const { redis, prefix, delivering, receiver, endpoint } = await setUp();
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
