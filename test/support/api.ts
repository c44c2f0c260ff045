// The API in this process for tests: real HTTP, real Redis, real imaging processes; only the workers are missing.
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type ApiKeys, createApiKeys } from '@caption-queue/api/access/api-keys';
import { type AppOptions, buildApp } from '@caption-queue/api/app';
import { createOutboundClient, type OutboundClient } from '@caption-queue/api/outbound/client';
import { readOutboundRules } from '@caption-queue/api/outbound/settings';
import { type ApiSettings, loadApiSettings } from '@caption-queue/api/settings';
import { createImagingPool, type ImagingPool } from '@caption-queue/api/uploads/imaging/pool';
import type { Clock } from '@caption-queue/api/webhooks/schedule';
import { createRequestWebhookStores } from '@caption-queue/api/webhooks/stores';
import { createResultReader } from '@caption-queue/cache/results';
import type { Caption } from '@caption-queue/contract/caption';
import type { Problem } from '@caption-queue/contract/errors';
import { registerQueueMetrics } from '@caption-queue/jobs/metrics';
import { closeRedis, createRedis, redisProblem } from '@caption-queue/redis/connection';
import { createRegistry } from '@caption-queue/runtime/metrics';
import { createHeartbeats } from '@caption-queue/worker/heartbeat';
import { createQueueSide, type QueueSide, randomPrefix, silentLogger } from './pipeline.ts';

const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export interface TestApi {
  /** `http://127.0.0.1:<port>` */
  readonly address: string;
  readonly port: number;
  readonly queueSide: QueueSide;
  readonly apiKeys: ApiKeys;
  readonly imaging: ImagingPool;
  readonly outbound: OutboundClient;
  /** Posts a form with one picture. */
  upload(bytes: Uint8Array, fields?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

export interface TestApiOptions extends Partial<AppOptions> {
  redisUrl: string;
  /** As in the environment. */
  env?: Record<string, string>;
  /** Of webhooks. Default: the system's. */
  clock?: Clock;
}

export async function startApi(options: TestApiOptions): Promise<TestApi> {
  const { redisUrl, env = {}, clock, ...overrides } = options;
  const settings: ApiSettings = loadApiSettings({ REDIS_PREFIX: randomPrefix(), ...env });
  const queueSide = await createQueueSide({
    url: redisUrl,
    prefix: settings.REDIS_PREFIX,
    queueLimit: settings.QUEUE_LIMIT,
    queueLimitBytes: settings.QUEUE_LIMIT_BYTES,
    tenantQueueLimit: settings.TENANT_QUEUE_LIMIT,
  });
  const { redis, prefix, store, streams } = queueSide;
  const imaging = createImagingPool({
    processes: 1,
    script: local('../../services/api/dist/imaging-process.js'),
    limits: { maxPixels: settings.MAX_PIXELS },
    logger: silentLogger,
  });
  const outbound = createOutboundClient({
    rules: readOutboundRules(settings),
    maxImageBytes: settings.MAX_UPLOAD_BYTES,
    version: '0.0.0-test',
  });
  const cacheRedis = createRedis({
    url: settings.CACHE_REDIS_URL ?? redisUrl,
    role: 'cache',
    logger: silentLogger,
  });
  const apiKeys = createApiKeys({ redis, prefix });
  const registry = createRegistry({ service: 'api' });
  const isReady = () => redisProblem(redis) === null;
  registerQueueMetrics({ registry, queues: queueSide.queues, isReady });
  const app = await buildApp({
    settings,
    store,
    streams,
    heartbeats: createHeartbeats({ redis, prefix }),
    results: createResultReader({ redis: cacheRedis, prefix, logger: silentLogger }),
    imaging,
    outbound,
    webhooks: createRequestWebhookStores({
      redis,
      prefix,
      retentionSeconds: settings.RETENTION_SECONDS,
      clock,
    }),
    apiKeys,
    redis,
    redisProblem: () => redisProblem(redis),
    registry,
    logger: silentLogger,
    version: '0.0.0-test',
    pageFolder: local('../../services/api/page/public'),
    ...overrides,
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}`;
  return {
    address,
    port,
    queueSide,
    apiKeys,
    imaging,
    outbound,
    upload(bytes, fields = {}) {
      const form = new FormData();
      form.append('image', new Blob([new Uint8Array(bytes)]), 'picture');
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      return fetch(`${address}/v1/captions`, { method: 'POST', body: form });
    },
    async close() {
      await app.close();
      await imaging.close();
      closeRedis(cacheRedis);
      await queueSide.close();
    },
  };
}

export const readCaption = (response: Response) => response.json() as Promise<Caption>;
export const readProblem = (response: Response) => response.json() as Promise<Problem>;
