// Webhooks when two things happen at once: rotations of a secret, and an endpoint deleted under its deliveries.
import {
  createWebhookDeliveries,
  type WebhookDeliveries,
} from '@caption-queue/api/webhooks/deliveries';
import { type DeliveryInWork, randomDeliveryId } from '@caption-queue/api/webhooks/delivery-record';
import {
  createWebhookEndpoints,
  type WebhookEndpoints,
} from '@caption-queue/api/webhooks/endpoints';
import { buildKeys, type Keys } from '@caption-queue/redis/keys';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { randomPrefix } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useRedis } from '../../../support/redis/use-redis.ts';
import { createTestClock, type TestClock } from '../../../support/webhooks/webhooks.ts';

const DAY_MS = 24 * 3_600_000;
const tenant = 'default';
const url = 'https://hooks.example/';

describe.skipIf(!redisIsAvailable)('of webhooks', () => {
  const server = useRedis({ config: { appendonly: 'no' } });
  let redis: Redis;
  let keys: Keys;
  let clock: TestClock;
  let endpoints: WebhookEndpoints;
  let deliveries: WebhookDeliveries;
  beforeAll(async () => {
    redis = new Redis(server.url);
  });
  afterAll(() => redis?.disconnect());
  beforeEach(() => {
    const prefix = randomPrefix();
    keys = buildKeys(prefix);
    clock = createTestClock();
    endpoints = createWebhookEndpoints({ redis, prefix, clock });
    deliveries = createWebhookDeliveries({ redis, prefix, clock, retentionSeconds: 60 });
  });

  describe('secrets', () => {
    it('that were rotated at once all sign for a day', async () => {
      const { webhook, secret: first } = await endpoints.create(tenant, { url });
      const rotations = Array.from({ length: 5 }, () => endpoints.rotateSecret(tenant, webhook.id));
      const given = (await Promise.all(rotations)).map(({ secret }) => secret);
      const before = await endpoints.target(webhook.id);
      expect(before?.secrets.toSorted()).toEqual([first, ...given].toSorted());
      clock.turn(DAY_MS + 1_000);
      const after = await endpoints.target(webhook.id);
      expect(after?.secrets).toEqual(before?.secrets.slice(0, 1));
    });

    it('are the newest twenty besides, however often they are rotated', async () => {
      const { webhook } = await endpoints.create(tenant, { url });
      const given: string[] = [];
      for (let n = 0; n < 25; n += 1) {
        given.unshift((await endpoints.rotateSecret(tenant, webhook.id)).secret);
      }
      const target = await endpoints.target(webhook.id);
      expect(target?.secrets).toEqual(given.slice(0, 21));
    });

    it('of an earlier release’s record sign as long as they were to', async () => {
      const { webhook, secret } = await endpoints.create(tenant, { url });
      const until = String(clock.now() + DAY_MS / 2);
      const fields = ['previous_secret', 'whsec_old', 'previous_until', until];
      await redis.hset(keys.webhook(webhook.id), ...fields);
      expect((await endpoints.target(webhook.id))?.secrets).toEqual([secret, 'whsec_old']);
      const rotated = await endpoints.rotateSecret(tenant, webhook.id);
      const target = await endpoints.target(webhook.id);
      expect(target?.secrets).toEqual([rotated.secret, secret, 'whsec_old']);
      clock.turn(DAY_MS / 2 + 1_000);
      const later = await endpoints.target(webhook.id);
      expect(later?.secrets).toEqual([rotated.secret, secret]);
    });
  });

  describe('an endpoint that is deleted', () => {
    const newDelivery = (webhookId: string) => ({
      id: randomDeliveryId(),
      tenant,
      receiver: { webhookId },
      type: 'caption.failed',
      body: '{}',
    });

    async function createDelivery(webhookId: string): Promise<DeliveryInWork> {
      const delivery = newDelivery(webhookId);
      await deliveries.create(delivery);
      return (await deliveries.read(delivery.id)) as DeliveryInWork;
    }

    async function expectNothingLeft(): Promise<void> {
      expect(await deliveries.countWaiting()).toBe(0);
      const left = await redis.keys(`${keys.prefix.replace(/[{}]/g, '?')}:deliver*`);
      expect(left).toEqual([]);
    }

    it('gets no delivery, though its event was being handled', async () => {
      const { webhook } = await endpoints.create(tenant, { url });
      await endpoints.delete(tenant, webhook.id);
      expect(await deliveries.create(newDelivery(webhook.id))).toBe('gone');
      await expectNothingLeft();
    });

    it('is not tried out', async () => {
      const { webhook } = await endpoints.create(tenant, { url });
      await endpoints.delete(tenant, webhook.id);
      const trying = deliveries.sendTest(tenant, webhook.id);
      await expect(trying).rejects.toMatchObject({ code: 'not_found' });
      await expectNothingLeft();
    });

    it('has nothing sent again', async () => {
      const { webhook } = await endpoints.create(tenant, { url });
      const delivery = await createDelivery(webhook.id);
      await deliveries.record(delivery, { attempt: undefined, status: 'failed' });
      await endpoints.delete(tenant, webhook.id);
      const replaying = deliveries.replay(webhook.id, delivery.id);
      await expect(replaying).rejects.toMatchObject({ code: 'not_found' });
      expect(await deliveries.countWaiting()).toBe(0);
      expect(await redis.xlen(keys.outbox)).toBe(0);
    });

    it('keeps nothing of an attempt that was under way', async () => {
      const { webhook } = await endpoints.create(tenant, { url });
      const delivery = await createDelivery(webhook.id);
      await endpoints.delete(tenant, webhook.id);
      const attempt = { at: '', status: 500, latency_ms: 1, response: '', error: 'no' };
      const nextAttemptAtMs = clock.now() + 5_000;
      await deliveries.record(delivery, { attempt, status: 'pending', nextAttemptAtMs });
      await expectNothingLeft();
    });

    it('has its deliveries counted out when they are dropped', async () => {
      const { webhook } = await endpoints.create(tenant, { url });
      const delivery = await createDelivery(webhook.id);
      await redis.del(keys.webhook(webhook.id));
      await deliveries.drop(delivery);
      await expectNothingLeft();
    });
  });
});
