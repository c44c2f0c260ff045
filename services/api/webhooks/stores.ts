// What is kept of webhooks: the endpoints, and what goes to them.
import { withDeadlines } from '@caption-queue/redis/deadline';
import type { Redis } from 'ioredis';
import { createWebhookDeliveries, type WebhookDeliveries } from './deliveries.ts';
import { createWebhookEndpoints, type WebhookEndpoints } from './endpoints.ts';
import { type Clock, systemClock } from './schedule.ts';

export interface WebhookStores {
  endpoints: WebhookEndpoints;
  deliveries: WebhookDeliveries;
}

export interface WebhookStoreOptions {
  redis: Redis;
  prefix: string;
  /** How long an ended delivery can be looked at. */
  retentionSeconds: number;
  /** Default: the system's. */
  clock?: Clock | undefined;
}

export function createWebhookStores(options: WebhookStoreOptions): WebhookStores {
  const { redis, prefix, retentionSeconds, clock = systemClock } = options;
  return {
    endpoints: createWebhookEndpoints({ redis, prefix, clock }),
    deliveries: createWebhookDeliveries({ redis, prefix, clock, retentionSeconds }),
  };
}

/** The same for requests: each call has a deadline. @param options.redis of role `producer` */
export function createRequestWebhookStores(options: WebhookStoreOptions): WebhookStores {
  const { endpoints, deliveries } = createWebhookStores(options);
  return {
    endpoints: withDeadlines(options.redis, endpoints),
    deliveries: withDeadlines(options.redis, deliveries),
  };
}
