// What one receiver may take of Redis: deliveries that wait, and those that ended.

import {
  createWebhookDeliveries,
  type WebhookDeliveries,
} from '@caption-queue/api/webhooks/deliveries';
import { type DeliveryInWork, randomDeliveryId } from '@caption-queue/api/webhooks/delivery-record';
import { type Clock, systemClock } from '@caption-queue/api/webhooks/schedule';
import { buildKeys } from '@caption-queue/redis/keys';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomPrefix } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';

const WAITING = 10_000;
const ENDED = 1_000;

describe.skipIf(!redisIsAvailable)('the deliveries of a receiver', () => {
  const server = useRedis({ config: { appendonly: 'no' } });
  let redis: Redis;
  beforeAll(async () => {
    redis = new Redis(server.url);
  });
  afterAll(() => redis?.disconnect());

  async function setUp(clock: Clock = systemClock): Promise<{
    keys: ReturnType<typeof buildKeys>;
    deliveries: WebhookDeliveries;
  }> {
    const prefix = randomPrefix();
    const keys = buildKeys(prefix);
    await redis.hset(keys.webhook(webhookId), 'id', webhookId);
    const deliveries = createWebhookDeliveries({ redis, prefix, clock, retentionSeconds: 60 });
    return { keys, deliveries };
  }

  const webhookId = `we_${'1'.repeat(32)}`;
  const create = (
    deliveries: WebhookDeliveries,
    receiver: { webhookId: string } | { url: string },
  ) =>
    deliveries.create({
      id: randomDeliveryId(),
      tenant: 'default',
      receiver,
      type: 'caption.failed',
      body: '{}',
    });

  it('wait in a number that is bounded by receiver, and make room when one ends', async () => {
    const { keys, deliveries } = await setUp();
    for (let n = 0; n < WAITING; n += 500) {
      await Promise.all(Array.from({ length: 500 }, () => create(deliveries, { webhookId })));
    }
    expect(await create(deliveries, { webhookId })).toBe('full');
    expect(await create(deliveries, { url: 'https://other.example/a' })).toBe('created');
    expect(await deliveries.countWaiting()).toBe(WAITING + 1);
    const [id] = await redis.zrange(keys.deliveries(webhookId), 0, 0);
    const delivery = (await deliveries.read(id ?? '')) as DeliveryInWork;
    await deliveries.record(delivery, { attempt: undefined, status: 'failed' });
    expect(await create(deliveries, { webhookId })).toBe('created');
  });

  it('share a lane when their URLs differ only behind the host', async () => {
    const { keys, deliveries } = await setUp();
    await create(deliveries, { url: 'https://one.example/a?caption=1' });
    await create(deliveries, { url: 'https://one.example/b?caption=2' });
    await create(deliveries, { url: 'https://one.example:8443/a' });
    const counts = Object.values(await redis.hgetall(keys.deliveriesWaiting));
    expect(counts.sort()).toEqual(['1', '2']);
  });

  it('that ended are kept in a bounded number, the newest, and for a bounded time', async () => {
    // Of those that ended in the same millisecond none is the newest.
    let now = Date.now();
    const { keys, deliveries } = await setUp({ now: () => now++ });
    const ids: string[] = [];
    for (let n = 0; n < ENDED + 5; n += 1) {
      const id = randomDeliveryId();
      ids.push(id);
      const receiver = { webhookId };
      await deliveries.create({ id, tenant: 'a', receiver, type: 'caption.failed', body: '{}' });
      const delivery = (await deliveries.read(id)) as DeliveryInWork;
      await deliveries.record(delivery, { attempt: undefined, status: 'succeeded' });
    }
    expect(await redis.zcard(keys.deliveries(webhookId))).toBe(ENDED);
    expect(await redis.exists(ids.slice(0, 5).map((id) => keys.delivery(id)))).toBe(0);
    expect(await redis.exists(ids.slice(5).map((id) => keys.delivery(id)))).toBe(ENDED);
    const ttl = await redis.ttl(keys.delivery(ids.at(-1) ?? ''));
    expect(ttl).toBeGreaterThan(0);
    expect(ttl).toBeLessThanOrEqual(60);
    expect(await deliveries.countWaiting()).toBe(0);
    expect(await redis.exists(keys.deliveriesWaiting)).toBe(0);
  });

  it('remember fifty attempts', async () => {
    const { deliveries } = await setUp();
    const id = randomDeliveryId();
    const receiver = { webhookId };
    await deliveries.create({ id, tenant: 'a', receiver, type: 'caption.failed', body: '{}' });
    for (let n = 0; n < 60; n += 1) {
      const delivery = (await deliveries.read(id)) as DeliveryInWork;
      const at = new Date(n).toISOString();
      const attempt = { at, status: 500, latency_ms: 1, response: '', error: 'no' };
      await deliveries.record(delivery, { attempt, status: 'pending', nextAttemptAtMs: n });
    }
    const { attempts } = await deliveries.get(webhookId, id);
    expect(attempts.map(({ at }) => Date.parse(at))).toEqual(
      Array.from({ length: 50 }, (_, n) => n + 10),
    );
  });
});
