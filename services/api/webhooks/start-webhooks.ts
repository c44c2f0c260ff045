// Delivers webhooks: starts what takes events out of the outbox and what tries the deliveries.
import { buildKeys } from '@caption-queue/redis/keys';
import type { Logger } from '@caption-queue/runtime/logger';
import type { Registry } from '@caption-queue/runtime/metrics';
import type { Redis } from 'ioredis';
import type { OutboundClient } from '../outbound/client.ts';
import { createDeliver } from './deliver.ts';
import { createDeliveryQueue, createDeliveryWorker } from './delivery-queue.ts';
import { fanOut } from './fan-out.ts';
import { createLanes } from './lanes.ts';
import { createWebhookMetrics } from './metrics.ts';
import { createOutboxRelay } from './outbox-relay.ts';
import { type Clock, systemClock } from './schedule.ts';
import { createWebhookStores } from './stores.ts';

/** Attempts only wait for others' answers, up to 15 s each; so many dead receivers at once hold up nobody. */
const ATTEMPTS_AT_ONCE = 100;

export interface WebhookDelivering {
  stop(): Promise<void>;
}

export interface WebhookOptions {
  /** Of role `worker`. The caller closes it. */
  redis: Redis;
  /** Of role `worker`, for the outbox alone. Closed by `stop`. */
  outboxRedis: Redis;
  prefix: string;
  outbound: Pick<OutboundClient, 'post'>;
  publicUrl: string | undefined;
  retentionSeconds: number;
  registry: Registry;
  logger: Logger;
  /** Default: the system's. */
  clock?: Clock | undefined;
  /** In [0, 1), for jitter. Default `Math.random`. */
  random?: (() => number) | undefined;
  /** After which an attempt is given up. Default 15 s. */
  timeoutMs?: number | undefined;
  /** After which an event that a dead process took is taken again. Default 10 s. */
  abandonedMs?: number;
}

export function startWebhooks(options: WebhookOptions): WebhookDelivering {
  const { redis, outboxRedis, prefix, outbound, publicUrl, retentionSeconds, registry } = options;
  const { logger, clock = systemClock, random, timeoutMs, abandonedMs } = options;
  const { endpoints, deliveries } = createWebhookStores({ redis, prefix, retentionSeconds, clock });
  const metrics = createWebhookMetrics({
    registry,
    countWaiting: async () =>
      redis.status === 'ready' ? deliveries.countWaiting().catch(() => undefined) : undefined,
  });
  const queue = createDeliveryQueue({ redis, prefix });
  const lanes = createLanes({ redis, prefix });
  const deliver = createDeliver({
    endpoints,
    deliveries,
    lanes,
    outbound,
    clock,
    random,
    timeoutMs,
    metrics,
    logger,
  });
  const worker = createDeliveryWorker({
    redis,
    prefix,
    concurrency: ATTEMPTS_AT_ONCE,
    process: deliver,
    logger,
  });
  const relay = createOutboxRelay({
    redis: outboxRedis,
    outbox: buildKeys(prefix).outbox,
    fanOut: (event, id) => fanOut(event, { id, endpoints, deliveries, publicUrl, metrics, logger }),
    queue,
    logger,
    ...(abandonedMs !== undefined && { abandonedMs }),
  });
  return {
    async stop() {
      await Promise.all([relay.stop(), worker.stop()]);
      await queue.close();
    },
  };
}
