// Webhooks of a tenant under test: endpoints, receivers and deliveries over a Redis that several tests share.
import { createWebhookDeliveries } from '@caption-queue/api/webhooks/deliveries';
import {
  createWebhookEndpoints,
  type WebhookEndpoints,
} from '@caption-queue/api/webhooks/endpoints';
import type { WebhookDelivery } from '@caption-queue/contract/webhooks';
import { Redis } from 'ioredis';
import { Webhook as StandardWebhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect } from 'vitest';
import { endWithTest } from '../end-with-test.ts';
import { randomPrefix } from '../pipeline/pipeline.ts';
import type { RedisServer } from '../redis/redis.ts';
import {
  type Answer,
  createTestClock,
  type Delivering,
  type Received,
  startDelivering,
  startReceiver,
  type TestClock,
  type TestReceiver,
} from './webhooks.ts';

export const tenant = 'default';

export interface TestWebhooks {
  prefix: string;
  clock: TestClock;
  redis: Redis;
  endpoints: WebhookEndpoints;
  delivering: Delivering;
  receiver(answer?: Answer): Promise<TestReceiver>;
  /** Creates an endpoint of the tenant. */
  endpoint(url: string): Promise<{ id: string; secret: string }>;
  /** The endpoint's one delivery. */
  delivery(webhookId: string): Promise<WebhookDelivery | undefined>;
}

/** @returns what starts the webhooks of one test; they end with it */
export function useWebhooks(
  server: RedisServer,
): (options?: Partial<Parameters<typeof startDelivering>[0]>) => Promise<TestWebhooks> {
  let redis: Redis;
  beforeAll(() => {
    redis = new Redis(server.url);
  });
  afterAll(() => redis?.disconnect());
  return async (options = {}) => {
    const prefix = randomPrefix();
    const clock = createTestClock();
    const common = { redis, prefix, clock };
    const endpoints = createWebhookEndpoints(common);
    const deliveries = createWebhookDeliveries({ ...common, retentionSeconds: 3_600 });
    const delivering = endWithTest(
      await startDelivering({ redisUrl: server.url, prefix, clock, ...options }),
    );
    return {
      ...common,
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
  };
}

/** Checks a signature as any receiver does. @throws Error when it is wrong */
export const verify = (secret: string, { body, headers }: Received) =>
  new StandardWebhook(secret).verify(body, headers) as {
    type: string;
    timestamp: string;
    data: Record<string, unknown>;
  };
