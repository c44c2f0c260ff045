// Webhooks while things die: the process that sends, and the Redis that remembers.

import { createWebhookDeliveries } from '@caption-queue/api/webhooks/deliveries';
import { createWebhookEndpoints } from '@caption-queue/api/webhooks/endpoints';
import { systemClock } from '@caption-queue/api/webhooks/schedule';
import { Redis } from 'ioredis';
import { describe, expect, it } from 'vitest';
import { endWithTest } from '../../../support/end-with-test.ts';
import { randomPrefix, soon } from '../../../support/pipeline/pipeline.ts';
import { fork } from '../../../support/processes/fork.ts';
import { type RedisServer, redisIsAvailable, startRedis } from '../../../support/redis/redis.ts';
import {
  answerNever,
  answerOk,
  createTestClock,
  endedCaption,
  startDelivering,
  startReceiver,
  type TestReceiver,
} from '../../../support/webhooks/webhooks.ts';

const tenant = 'default';

describe.skipIf(!redisIsAvailable)('a delivery under way', () => {
  async function setUp(): Promise<{
    server: RedisServer;
    redis: Redis;
    prefix: string;
    receiver: TestReceiver;
    webhookId: string;
  }> {
    const server = endWithTest(await startRedis());
    const options = { retryStrategy: () => 50, maxRetriesPerRequest: null };
    const redis = endWithTest(new Redis(server.url, options));
    redis.on('error', () => undefined);
    // The first attempt hangs, so that something happens while it is under way.
    const receiver = endWithTest(
      await startReceiver((request, response, count) =>
        (count === 1 ? answerNever : answerOk)(request, response, count),
      ),
    );
    const prefix = randomPrefix();
    const endpoints = createWebhookEndpoints({ redis, prefix, clock: systemClock });
    const { webhook } = await endpoints.create(tenant, { url: receiver.url });
    return { server, redis, prefix, receiver, webhookId: webhook.id };
  }

  it('is tried again, under the same id, when its process is killed', async () => {
    const { server, redis, prefix, receiver, webhookId } = await setUp();
    const env = { REDIS_URL: server.url, PREFIX: prefix };
    const killed = await fork('webhooks/delivering-process', { env });
    await killed.said('started');
    await redis.xadd(`${prefix}:outbox`, '*', ...Object.entries(endedCaption()).flat());
    await receiver.until(1);
    await killed.endWith('SIGKILL');
    endWithTest(await startDelivering({ redisUrl: server.url, prefix }));
    await expect.poll(() => receiver.received.length, { timeout: 20_000 }).toBe(2);
    const [first, second] = receiver.received;
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.body).toBe(first?.body);
    const deliveries = createWebhookDeliveries({
      redis,
      prefix,
      clock: systemClock,
      retentionSeconds: 60,
    });
    await expect
      .poll(() => deliveries.list(webhookId, { limit: 10 }), soon)
      .toMatchObject({ deliveries: [{ status: 'succeeded' }] });
  });

  it('is given back at once when its process is asked to stop', async () => {
    const { server, redis, prefix, receiver } = await setUp();
    const stopping = await startDelivering({ redisUrl: server.url, prefix });
    await redis.xadd(`${prefix}:outbox`, '*', ...Object.entries(endedCaption()).flat());
    await receiver.until(1);
    await stopping.stop();
    endWithTest(await startDelivering({ redisUrl: server.url, prefix }));
    const startMs = Date.now();
    const [, second] = await receiver.until(2);
    expect((second?.atMs ?? 0) - startMs).toBeLessThan(3_000);
  });

  it('needs no Redis when its process starts', async () => {
    const server = endWithTest(await startRedis({ absent: true }));
    const prefix = randomPrefix();
    const delivering = endWithTest(await startDelivering({ redisUrl: server.url, prefix }));
    const receiver = endWithTest(await startReceiver());
    await server.revive();
    await delivering.addEvent(endedCaption('succeeded', { webhook: receiver.url }));
    await receiver.until(1);
  });

  it('and those that wait go on when Redis comes back', async () => {
    const { server, redis, prefix, receiver } = await setUp();
    const clock = createTestClock();
    const delivering = endWithTest(
      await startDelivering({
        redisUrl: server.url,
        prefix,
        clock,
        webhooks: { timeoutMs: 500 },
      }),
    );
    await delivering.addEvent(endedCaption());
    await receiver.until(1);
    await expect.poll(() => redis.zcard(`${prefix}:q:webhook-delivery:delayed`), soon).toBe(1);
    await server.crash();
    await server.revive();
    await delivering.addEvent(endedCaption('failed'));
    await receiver.until(2);
    await delivering.turn(10_000);
    await receiver.until(3);
    const types = receiver.received.map(({ body }) => JSON.parse(body).type);
    expect(types).toEqual(['caption.succeeded', 'caption.failed', 'caption.succeeded']);
  });
});
