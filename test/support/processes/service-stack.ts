// The whole service as real processes: API, encoder workers, decoder workers and two Redis servers.
import { setTimeout as delay } from 'node:timers/promises';
import type { Caption } from '@caption-queue/contract/caption';
import { randomPrefix } from '../pipeline/pipeline.ts';
import { type RedisServer, startRedis } from '../redis/redis.ts';
import { type ServiceName, type ServiceProcess, startService, untilOk } from './service-process.ts';

const CAPTION_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

export interface ServiceStack {
  readonly url: string;
  readonly redis: RedisServer;
  readonly cache: RedisServer;
  readonly api: ServiceProcess;
  readonly encoders: ServiceProcess[];
  readonly decoders: ServiceProcess[];
  addWorker(
    name: 'encoder-worker' | 'decoder-worker',
    env?: Record<string, string>,
  ): Promise<ServiceProcess>;
  /** Posts a picture as a form, as curl does. */
  post(picture: Uint8Array, options?: Record<string, string | number>): Promise<Caption>;
  /** Polls until the caption is in a terminal state. */
  finished(id: string): Promise<Caption>;
  /** A counter's or gauge's value, summed over its labels that match. */
  metric(process: ServiceProcess, name: string, labels?: string): Promise<number>;
  stop(): Promise<void>;
}

export async function startStack({
  model,
  engine = 'onnx',
  encoders = 1,
  decoders = 1,
  env = {},
}: {
  /** A bundle's name or path. */
  model: string;
  engine?: 'onnx' | 'tfjs';
  encoders?: number;
  decoders?: number;
  env?: Record<string, string>;
}): Promise<ServiceStack> {
  const [redis, cache] = await Promise.all([
    startRedis(),
    startRedis({
      config: { appendonly: 'no', 'maxmemory-policy': 'allkeys-lru', maxmemory: '512mb' },
    }),
  ]);
  const settings = {
    REDIS_URL: redis.url,
    CACHE_REDIS_URL: cache.url,
    REDIS_PREFIX: randomPrefix(),
    MODEL: model,
    ENGINE: engine,
    LOG_LEVEL: 'warn',
    ...env,
  };
  const running: ServiceProcess[] = [];
  const stop = async () => {
    await Promise.all(running.map((service) => service.kill()));
    await Promise.all([redis.stop(), cache.stop()]);
  };
  const start = (name: ServiceName, more: Record<string, string> = {}) =>
    startService(name, { env: { ...settings, ...more }, running });
  const times = (count: number, name: ServiceName) =>
    Promise.all(Array.from({ length: count }, () => start(name)));
  try {
    const [api, encoderProcesses, decoderProcesses] = await Promise.all([
      start('api'),
      times(encoders, 'encoder-worker'),
      times(decoders, 'decoder-worker'),
    ]);
    await untilOk(`${api.url}/readyz`);
    return {
      url: api.url,
      redis,
      cache,
      api,
      encoders: encoderProcesses,
      decoders: decoderProcesses,
      addWorker: start,
      post: (picture, options = {}) => post(api.url, picture, options),
      finished: (id) => finished(api.url, id),
      metric,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function post(
  url: string,
  picture: Uint8Array,
  options: Record<string, string | number>,
): Promise<Caption> {
  const form = new FormData();
  for (const [name, value] of Object.entries(options)) form.set(name, String(value));
  form.set('image', new Blob([new Uint8Array(picture)]), 'photo.jpg');
  // Each picture is really worked on, also one that was captioned before.
  const response = await fetch(`${url}/v1/captions`, {
    method: 'POST',
    headers: { 'cache-control': 'no-cache' },
    body: form,
  });
  if (response.status !== 202)
    throw new Error(`POST answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as Caption;
}

async function finished(url: string, id: string): Promise<Caption> {
  const deadline = Date.now() + CAPTION_TIMEOUT_MS;
  while (Date.now() < deadline) {
    const response = await fetch(`${url}/v1/captions/${id}`);
    const caption = (await response.json()) as Caption;
    if (caption.completed_at) return caption;
    await delay(POLL_MS);
  }
  throw new Error(`${id} did not finish within ${CAPTION_TIMEOUT_MS / 1000} s.`);
}

async function metric(service: ServiceProcess, name: string, labels = ''): Promise<number> {
  const text = await (await fetch(`${service.url}/metrics`)).text();
  return text
    .split('\n')
    .filter(
      (line) =>
        (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && line.includes(labels),
    )
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
