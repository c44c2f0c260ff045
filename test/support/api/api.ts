// The API in this process for tests: real HTTP, real Redis, real imaging processes; only the workers are missing.
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ApiKeys, createApiKeys } from '@caption-queue/api/access/api-keys';
import { type AppOptions, buildApp } from '@caption-queue/api/app';
import { createDependencies } from '@caption-queue/api/dependencies';
import type { OutboundClient } from '@caption-queue/api/outbound/client';
import { type ApiSettings, loadApiSettings } from '@caption-queue/api/settings';
import type { ImagingPool } from '@caption-queue/api/uploads/imaging/pool';
import type { Clock } from '@caption-queue/api/webhooks/schedule';
import { createRequestWebhookStores } from '@caption-queue/api/webhooks/stores';
import type { Caption } from '@caption-queue/contract/caption';
import type { Problem } from '@caption-queue/contract/errors';
import { createLifecycle } from '@caption-queue/runtime/lifecycle';
import {
  createQueueSide,
  type QueueSide,
  randomPrefix,
  silentLogger,
} from '../pipeline/pipeline.ts';
import { repository } from '../repository.ts';

const POLL_MS = 5;
const REDIS_TIMEOUT_MS = 10_000;

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
  const settings: ApiSettings = loadApiSettings({
    REDIS_URL: redisUrl,
    REDIS_PREFIX: randomPrefix(),
    IMAGING_PROCESSES: '1',
    ...env,
  });
  const prefix = settings.REDIS_PREFIX;
  const lifecycle = createLifecycle({ logger: silentLogger });
  const dependencies = await createDependencies({
    settings,
    version: '0.0.0-test',
    root: path.join(repository, 'services/api'),
    logger: silentLogger,
    lifecycle,
    tracing: false,
  });
  const queueSide = await createQueueSide({
    url: redisUrl,
    prefix,
    queueLimit: settings.QUEUE_LIMIT,
    queueLimitBytes: settings.QUEUE_LIMIT_BYTES,
    tenantQueueLimit: settings.TENANT_QUEUE_LIMIT,
  });
  const { imaging, outbound, redisProblem } = dependencies;
  const retentionSeconds = settings.RETENTION_SECONDS;
  const webhooks = createRequestWebhookStores({
    redis: queueSide.redis,
    prefix,
    retentionSeconds,
    clock,
  });
  await untilNull(redisProblem);
  const app = await buildApp({ ...dependencies, webhooks, ...overrides });
  lifecycle.onShutdown('http', () => app.close());
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}`;
  return {
    address,
    port,
    queueSide,
    apiKeys: createApiKeys({ redis: queueSide.redis, prefix }),
    imaging,
    outbound,
    upload(bytes, fields = {}) {
      const form = new FormData();
      form.append('image', new Blob([new Uint8Array(bytes)]), 'picture');
      for (const [name, value] of Object.entries(fields)) form.append(name, value);
      return fetch(`${address}/v1/captions`, { method: 'POST', body: form });
    },
    async close() {
      await lifecycle.shutdown('the test is over');
      await queueSide.close();
    },
  };
}

/** The bench starts an API too, where vitest isn't. */
async function untilNull(problem: () => string | null): Promise<void> {
  for (let waitedMs = 0; problem() !== null; waitedMs += POLL_MS) {
    if (waitedMs > REDIS_TIMEOUT_MS) throw new Error(problem() ?? '');
    await delay(POLL_MS);
  }
}

export const readCaption = (response: Response) => response.json() as Promise<Caption>;
export const readProblem = (response: Response) => response.json() as Promise<Problem>;
