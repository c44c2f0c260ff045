// What the API's process does besides answering: fetches the pictures of batches, delivers webhooks, reconciles.
import { createReconciler } from '@caption-queue/captions/reconcile';
import { createWorkStore } from '@caption-queue/captions/store';
import { createStageMetrics } from '@caption-queue/jobs/metrics';
import { createStageQueues } from '@caption-queue/jobs/queues';
import { closeRedis, createRedis } from '@caption-queue/redis/connection';
import type { Lifecycle } from '@caption-queue/runtime/lifecycle';
import { createHeartbeats } from '@caption-queue/worker/heartbeat';
import { startPictureFetcher } from './batches/fetch-pictures.ts';
import type { ApiDependencies } from './dependencies.ts';
import { startWebhooks } from './webhooks/start-webhooks.ts';

/** Starts all of it, on connections of its own, and registers its end. */
export function startBackgroundWork(options: {
  dependencies: ApiDependencies;
  lifecycle: Lifecycle;
  /** Of the durable server's user. */
  answersInfo: boolean;
}): void {
  const { dependencies, lifecycle, answersInfo } = options;
  const { settings, outbound, imaging, registry, logger } = dependencies;
  const prefix = settings.REDIS_PREFIX;
  const connect = () =>
    createRedis({
      url: settings.REDIS_URL,
      tls: settings,
      role: 'worker',
      answersInfo,
      logger,
    });

  const redis = connect();
  lifecycle.onShutdown('redis of the background', () => closeRedis(redis));
  const queues = createStageQueues({ redis, prefix });
  lifecycle.onShutdown('queues of the background', () => queues.close());
  const store = createWorkStore({ redis, queues, prefix });

  const reconciler = createReconciler({
    redis,
    store,
    queues,
    prefix,
    hasDecoder: createHeartbeats({ redis, prefix }).hasDecoder,
    parkLimitSeconds: settings.PARK_LIMIT_SECONDS,
    logger,
  });
  lifecycle.onShutdown('reconciler', () => reconciler.stop());

  const fetcher = startPictureFetcher({
    store,
    redis,
    prefix,
    outbound,
    imaging,
    logger,
    observer: createStageMetrics({ registry, stage: 'fetching' }),
  });
  lifecycle.onShutdown('picture fetcher', () => fetcher.stop());

  const webhookRedis = connect();
  const webhooks = startWebhooks({
    redis: webhookRedis,
    outboxRedis: connect(),
    prefix,
    outbound,
    publicUrl: settings.PUBLIC_URL,
    retentionSeconds: settings.RETENTION_SECONDS,
    registry,
    logger,
  });
  lifecycle.onShutdown('webhooks', async () => {
    await webhooks.stop();
    closeRedis(webhookRedis);
  });
}
