// What the routes need of the rest, and how a process gets it. `app.ts` takes it as an argument.
import path from 'node:path';
import { createResultReader, type ResultReader } from '@caption-queue/cache/results';
import type { BatchStore } from '@caption-queue/captions/batch';
import type { CaptionAdmission } from '@caption-queue/captions/create';
import type { CaptionEndings } from '@caption-queue/captions/end';
import type { CaptionReader } from '@caption-queue/captions/read';
import { createCaptionStore } from '@caption-queue/captions/store';
import { registerQueueMetrics } from '@caption-queue/jobs/metrics';
import { createStageQueues, loadQueueTelemetry } from '@caption-queue/jobs/queues';
import type { RedisGuard } from '@caption-queue/redis/check/guard';
import { closeRedis, createRedis, redisProblem } from '@caption-queue/redis/connection';
import type { Logger } from '@caption-queue/runtime/logger';
import { createRegistry, type Registry } from '@caption-queue/runtime/metrics';
import type { ProcessContext } from '@caption-queue/runtime/process';
import { createHeartbeats, type Heartbeats } from '@caption-queue/worker/heartbeat';
import { type ApiKeys, createApiKeys } from './access/api-keys.ts';
import { createRateLimit, type LimitRate } from './access/rate-limit.ts';
import { createEventStreams, type EventStreams } from './captions/event-stream.ts';
import { createQueueViews, type OpenQueues } from './operating/queue-views.ts';
import { createOutboundClient, type OutboundClient } from './outbound/client.ts';
import { readOutboundRules } from './outbound/settings.ts';
import type { ApiSettings } from './settings.ts';
import { createImagingPool, type ImagingPool } from './uploads/imaging/pool.ts';
import { createRequestWebhookStores, type WebhookStores } from './webhooks/stores.ts';

export interface ApiDependencies {
  settings: ApiSettings;
  store: CaptionAdmission & CaptionReader & BatchStore & Pick<CaptionEndings, 'cancel' | 'delete'>;
  streams: Pick<EventStreams, 'read' | 'hasEnded'>;
  heartbeats: Heartbeats;
  /** What was captioned before. */
  results: ResultReader;
  imaging: Pick<ImagingPool, 'normalise'>;
  /** Requests URLs that clients gave. */
  outbound: OutboundClient;
  /** With deadlines. */
  webhooks: WebhookStores;
  apiKeys: Pick<ApiKeys, 'find'>;
  limitRate: LimitRate;
  openQueues: OpenQueues;
  /** null while Redis answers, else what is wrong with it. */
  redisProblem: () => string | null;
  registry: Registry;
  logger: Logger;
  /** Does this process make spans? */
  tracing: boolean;
  /** Of this release, e.g. `0.1.0`. */
  version: string;
  /** Where the page lies. */
  pageFolder: string;
}

/**
 * Connects and starts all that requests need, and registers its end. Redis may be absent: everything waits for it.
 *
 * @param context.root the service's folder: its page, and the built imaging process
 */
export async function createDependencies(
  context: Omit<ProcessContext<ApiSettings>, 'end'> & {
    root: string;
    guard?: Pick<RedisGuard, 'problem' | 'answersInfo'>;
  },
): Promise<ApiDependencies & { imaging: ImagingPool }> {
  const { settings, version, root, logger, lifecycle, tracing, guard } = context;
  const prefix = settings.REDIS_PREFIX;
  const registry = createRegistry({ service: 'api' });

  const connection = {
    url: settings.REDIS_URL,
    tls: settings,
    answersInfo: guard?.answersInfo() ?? true,
    logger,
  };
  const redis = createRedis({ ...connection, role: 'producer' });
  const subscriber = createRedis({ ...connection, role: 'subscriber' });
  const cacheUrl = settings.CACHE_REDIS_URL ?? settings.REDIS_URL;
  const cacheRedis = createRedis({ ...connection, url: cacheUrl, role: 'cache' });
  lifecycle.onShutdown('redis', () => {
    for (const each of [redis, subscriber, cacheRedis]) closeRedis(each);
  });

  const telemetry = tracing ? await loadQueueTelemetry() : undefined;
  const queues = createStageQueues({ redis, prefix, telemetry });
  lifecycle.onShutdown('queues', () => queues.close());
  registerQueueMetrics({ registry, queues, isReady: () => redisProblem(redis) === null });

  const streams = createEventStreams({ redis, subscriber, prefix, logger });
  lifecycle.onShutdown('event streams', () => streams.close());

  const imaging = createImagingPool({
    processes: settings.IMAGING_PROCESSES,
    script: path.join(root, 'dist', 'imaging-process.js'),
    limits: { maxPixels: settings.MAX_PIXELS },
    logger,
  });
  lifecycle.onShutdown('imaging', () => imaging.close());

  return {
    settings,
    store: createCaptionStore({
      redis,
      queues,
      prefix,
      limits: {
        queueLimit: settings.QUEUE_LIMIT,
        queueLimitBytes: settings.QUEUE_LIMIT_BYTES,
        tenantQueueLimit: settings.TENANT_QUEUE_LIMIT,
      },
      retentionSeconds: settings.RETENTION_SECONDS,
    }),
    streams,
    heartbeats: createHeartbeats({ redis, prefix }),
    results: createResultReader({ redis: cacheRedis, prefix, logger }),
    imaging,
    outbound: createOutboundClient({
      rules: readOutboundRules(settings),
      maxImageBytes: settings.MAX_UPLOAD_BYTES,
      version,
    }),
    webhooks: createRequestWebhookStores({
      redis,
      prefix,
      retentionSeconds: settings.RETENTION_SECONDS,
    }),
    apiKeys: createApiKeys({ redis, prefix }),
    limitRate: createRateLimit({ perMinute: settings.RATE_LIMIT, redis, prefix }),
    openQueues: createQueueViews({ redis, prefix }),
    redisProblem: () => guard?.problem() ?? redisProblem(redis),
    registry,
    logger,
    tracing,
    version,
    pageFolder: path.join(root, 'page', 'public'),
  };
}
