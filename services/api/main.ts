// The API's process: settings, connections, port, signals and exit codes.
import path from 'node:path';
import { createResultReader } from '@caption-queue/cache/results';
import { createReconciler } from '@caption-queue/captions/reconcile';
import { createCaptionStore, createWorkStore } from '@caption-queue/captions/store';
import { createStageMetrics, registerQueueMetrics } from '@caption-queue/jobs/metrics';
import { createStageQueues } from '@caption-queue/jobs/queues';
import { loadQueueTelemetry } from '@caption-queue/jobs/telemetry';
import { closeRedis, createRedis, redisProblem } from '@caption-queue/redis/connection';
import { ConfigError } from '@caption-queue/runtime/config';
import { createLifecycle, endOnSignals } from '@caption-queue/runtime/lifecycle';
import { createLogger } from '@caption-queue/runtime/logger';
import { createRegistry } from '@caption-queue/runtime/metrics';
import { packageRoot, packageVersion } from '@caption-queue/runtime/package-root';
import { startTracing } from '@caption-queue/runtime/tracing';
import { createHeartbeats } from '@caption-queue/worker/heartbeat';
import { createApiKeys } from './access/api-keys.ts';
import { buildApp } from './app.ts';
import { startPictureFetcher } from './batches/fetch-pictures.ts';
import { createEventStreams } from './captions/event-stream.ts';
import { createOutboundClient } from './outbound/client.ts';
import { readOutboundRules } from './outbound/settings.ts';
import { type ApiSettings, loadApiSettings } from './settings.ts';
import { createImagingPool } from './uploads/imaging/pool.ts';
import { startWebhooks } from './webhooks/start-webhooks.ts';
import { createRequestWebhookStores } from './webhooks/stores.ts';

/** EX_CONFIG of sysexits.h: starting it again won't help, so whoever supervises it shouldn't. */
const EXIT_NEVER = 78;

const settings = readSettings();
const logger = createLogger({ name: 'api', level: settings.LOG_LEVEL });
const lifecycle = createLifecycle({ logger });
endOnSignals({ lifecycle, logger });

const root = packageRoot(import.meta.url);
const version = packageVersion(import.meta.url);
const prefix = settings.REDIS_PREFIX;
const registry = createRegistry({ service: 'api' });

const tracing = await startTracing({ service: 'caption-queue-api', version, settings });
if (tracing !== undefined) lifecycle.onShutdown('tracing', () => tracing.stop());

const connection = { url: settings.REDIS_URL, tlsVerify: settings.REDIS_TLS_VERIFY, logger };
const redis = createRedis({ ...connection, role: 'producer' });
const subscriber = createRedis({ ...connection, role: 'subscriber' });
lifecycle.onShutdown('redis', () => {
  closeRedis(redis);
  closeRedis(subscriber);
});

const queues = createStageQueues({
  redis,
  prefix,
  telemetry: tracing === undefined ? undefined : await loadQueueTelemetry(),
});
lifecycle.onShutdown('queues', () => queues.close());
registerQueueMetrics({ registry, queues, isReady: () => redisProblem(redis) === null });

const store = createCaptionStore({
  redis,
  queues,
  prefix,
  limits: {
    queueLimit: settings.QUEUE_LIMIT,
    queueLimitBytes: settings.QUEUE_LIMIT_BYTES,
    tenantQueueLimit: settings.TENANT_QUEUE_LIMIT,
  },
  retentionSeconds: settings.RETENTION_SECONDS,
});
const parkLimitSeconds = settings.PARK_LIMIT_SECONDS;
const heartbeats = createHeartbeats({ redis, prefix });
const { hasDecoder } = heartbeats;
const reconciler = createReconciler({
  redis,
  store,
  queues,
  prefix,
  hasDecoder,
  parkLimitSeconds,
  logger,
});
lifecycle.onShutdown('reconciler', () => reconciler.stop());
const streams = createEventStreams({ redis, subscriber, prefix, logger });
lifecycle.onShutdown('event streams', () => streams.close());

const cacheUrl = settings.CACHE_REDIS_URL;
const cacheRedis = createRedis({
  ...connection,
  url: cacheUrl ?? settings.REDIS_URL,
  role: 'cache',
});
lifecycle.onShutdown('cache redis', () => closeRedis(cacheRedis));
const results = createResultReader({ redis: cacheRedis, prefix, logger });

const imaging = createImagingPool({
  processes: settings.IMAGING_PROCESSES,
  script: path.join(root, 'dist', 'imaging-process.js'),
  limits: { maxPixels: settings.MAX_PIXELS },
  logger,
});
lifecycle.onShutdown('imaging', () => imaging.close());

const outbound = createOutboundClient({
  rules: readOutboundRules(settings),
  maxImageBytes: settings.MAX_UPLOAD_BYTES,
  version,
});

const fetcherRedis = createRedis({ ...connection, role: 'worker' });
const fetcherQueues = createStageQueues({ redis: fetcherRedis, prefix });
const fetcher = startPictureFetcher({
  store: createWorkStore({ redis: fetcherRedis, queues: fetcherQueues, prefix }),
  redis: fetcherRedis,
  prefix,
  outbound,
  imaging,
  logger,
  observer: createStageMetrics({ registry, stage: 'fetching' }),
});
lifecycle.onShutdown('picture fetcher', async () => {
  await fetcher.stop();
  await fetcherQueues.close();
  closeRedis(fetcherRedis);
});

const webhookRedis = createRedis({ ...connection, role: 'worker' });
const webhooks = startWebhooks({
  redis: webhookRedis,
  outboxRedis: createRedis({ ...connection, role: 'worker' }),
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

const app = await buildApp({
  settings,
  store,
  streams,
  heartbeats,
  results,
  imaging,
  outbound,
  webhooks: createRequestWebhookStores({
    redis,
    prefix,
    retentionSeconds: settings.RETENTION_SECONDS,
  }),
  apiKeys: createApiKeys({ redis, prefix }),
  redis,
  redisProblem: () => redisProblem(redis),
  registry,
  logger,
  tracing: tracing !== undefined,
  version,
  pageFolder: path.join(root, 'page', 'public'),
});
lifecycle.onShutdown('http', () => app.close());

try {
  const address = await app.listen({ host: settings.HOST, port: settings.PORT });
  logger.info({ address }, 'listening');
} catch (error) {
  console.error(whyNotListening(error as NodeJS.ErrnoException));
  await lifecycle.shutdown('cannot listen');
  process.exit(EXIT_NEVER);
}

function readSettings(): ApiSettings {
  try {
    return loadApiSettings(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(EXIT_NEVER);
  }
}

function whyNotListening({ code, message }: NodeJS.ErrnoException): string {
  const { HOST, PORT } = settings;
  if (code === 'EADDRINUSE') {
    return `Port ${PORT} on ${HOST} is taken by another program. Choose another one with PORT, e.g. PORT=${PORT + 1}.`;
  }
  if (code === 'EACCES') {
    return `Port ${PORT} needs privileges that this process lacks. Choose one above 1023 with PORT.`;
  }
  if (code === 'EADDRNOTAVAIL') {
    return `HOST=${HOST} is not an address of this machine.`;
  }
  return `The service cannot listen on ${HOST}:${PORT}: ${message}.`;
}
