// The service for a proof: API, workers and two Redis servers as real processes, with a bad network between if wanted.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeTinyBundle } from '../../support/model/tiny-bundle.ts';
import { randomPrefix } from '../../support/pipeline/pipeline.ts';
import {
  type ServiceName,
  type ServiceProcess,
  startService,
  untilOk,
} from '../../support/processes/service-process.ts';
import { type RedisServer, startRedis } from '../../support/redis/redis.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

export interface ClusterOptions {
  /** How many of each. Default 1 API and no workers. */
  apis?: number;
  encoders?: number;
  decoders?: number;
  env?: Record<string, string>;
  /** Entries in place of the built ones, see faulty-builds.ts. */
  entries?: Partial<Record<ServiceName, string>>;
  /** Of the durable server. */
  redisConfig?: Record<string, string>;
  /** The durable server isn't there yet. */
  redisAbsent?: boolean;
}

export interface Cluster {
  /** Of the first API. */
  readonly url: string;
  readonly prefix: string;
  /** Durable, AOF on every write. */
  readonly redis: RedisServer;
  readonly cache: RedisServer;
  /** Between every process and the durable server. */
  readonly network: TcpProxy;
  readonly apis: ServiceProcess[];
  readonly encoders: ServiceProcess[];
  readonly decoders: ServiceProcess[];
  readonly services: ServiceProcess[];
  /** One more, with other settings if wanted. */
  add(name: ServiceName, env?: Record<string, string>): Promise<ServiceProcess>;
  stop(): Promise<void>;
}

export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { apis = 1, encoders = 0, decoders = 0, env = {}, entries = {} } = options;
  const { redisConfig = {}, redisAbsent = false } = options;
  const folder = await mkdtemp(path.join(tmpdir(), 'caption-queue-faults-'));
  const model = path.join(folder, 'tiny');
  const [redis, cache] = await Promise.all([
    startRedis({ config: redisConfig, absent: redisAbsent }),
    startRedis({
      config: { appendonly: 'no', 'maxmemory-policy': 'allkeys-lru', maxmemory: '64mb' },
    }),
    writeTinyBundle({ directory: model }),
  ]);
  const network = await startTcpProxy(redis.port);
  const prefix = randomPrefix();
  const running: ServiceProcess[] = [];
  const groups: Record<ServiceName, ServiceProcess[]> = {
    api: [],
    'encoder-worker': [],
    'decoder-worker': [],
  };

  async function add(name: ServiceName, more: Record<string, string> = {}) {
    const service = await startService(name, {
      env: {
        REDIS_URL: `redis://127.0.0.1:${network.port}`,
        CACHE_REDIS_URL: cache.url,
        REDIS_PREFIX: prefix,
        MODEL: model,
        INFERENCE_THREADS: '1',
        LOG_LEVEL: 'warn',
        ...env,
        ...more,
      },
      entry: entries[name],
      running,
      untilReady: !redisAbsent,
    });
    groups[name].push(service);
    return service;
  }

  async function stop(): Promise<void> {
    await Promise.all(running.map((service) => service.kill()));
    await network.close();
    await Promise.all([redis.stop(), cache.stop(), rm(folder, { recursive: true })]);
  }

  const times = (count: number, name: ServiceName) =>
    Promise.all(Array.from({ length: count }, () => add(name)));
  try {
    await Promise.all([
      times(apis, 'api'),
      times(encoders, 'encoder-worker'),
      times(decoders, 'decoder-worker'),
    ]);
    const [first] = groups.api;
    if (!redisAbsent && encoders > 0 && decoders > 0) await untilOk(`${first?.url}/readyz`);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    get url() {
      return groups.api[0]?.url ?? '';
    },
    prefix,
    redis,
    cache,
    network,
    apis: groups.api,
    encoders: groups['encoder-worker'],
    decoders: groups['decoder-worker'],
    services: running,
    add,
    stop,
  };
}
