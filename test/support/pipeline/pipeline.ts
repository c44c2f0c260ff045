// A whole pipeline in one process for tests: real Redis, real queues, real workers, and a model that is made up.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createEventStreams, type EventStreams } from '@caption-queue/api/captions/event-stream';
import { createResultWriter } from '@caption-queue/cache/results';
import type { NewCaption } from '@caption-queue/captions/create';
import { createReconciler, type Reconciler } from '@caption-queue/captions/reconcile';
import {
  type CaptionStore,
  createCaptionStore,
  createWorkStore,
  type WorkStore,
} from '@caption-queue/captions/store';
import { PIXELS_BYTES } from '@caption-queue/contract/bundle';
import type { CaptionRecord } from '@caption-queue/contract/caption';
import {
  type CaptionPicture,
  createDecodeProcessor,
} from '@caption-queue/decoder-worker/processor';
import { createFeatureCache } from '@caption-queue/encoder-worker/feature-cache';
import { createEncodeProcessor } from '@caption-queue/encoder-worker/processor';
import { createStageQueues, type StageQueues } from '@caption-queue/jobs/queues';
import { createStageWorker, type StageOutcome } from '@caption-queue/jobs/stage-worker';
import { sha256 } from '@caption-queue/model/bundle';
import { blankFeatures } from '@caption-queue/model/features';
import { captionOutput } from '@caption-queue/model/output';
import { closeRedis, createRedis } from '@caption-queue/redis/connection';
import { createLogger, type Logger } from '@caption-queue/runtime/logger';
import { createHeartbeats } from '@caption-queue/worker/heartbeat';
import type { Redis } from 'ioredis';

export const silentLogger: Logger = createLogger({ name: 'test', level: 'silent' });

/** For `expect.poll`: what is awaited comes soon, but other tests may keep the machine busy. */
export const soon = { timeout: 10_000 };

export function randomPrefix(): string {
  return `{test-${randomBytes(6).toString('hex')}}`;
}

export const defaultOptions = { beam_width: 3, max_length: 20, alternatives: 3 };

/** Pixels of one value, so that a made-up model can tell pictures apart. */
export function flatPixels(value: number): Uint8Array {
  return new Uint8Array(PIXELS_BYTES).fill(value);
}

/** Features as the made-up encoder makes them: every byte is the picture's value. */
export function fakeFeatures(pixels: Uint8Array): Uint8Array {
  return blankFeatures().fill(pixels[0] ?? 0);
}

/** What the made-up decoder says of a picture. */
export function fakeCaption(value: number): string {
  return `picture number ${value}`;
}

/** What a made-up decoder found; nothing is known of what its pictures show. */
export type Generate = (request: Parameters<CaptionPicture>[0]) => Promise<{
  words: { text: string; logProb: number }[];
  alternatives: { caption: string; logProb: number }[];
}>;

const captionPictureBy =
  (generate: Generate): CaptionPicture =>
  async (request) => {
    const { words, alternatives } = await generate(request);
    const generated = { words, alternatives: alternatives.map((one) => ({ ...one, words: [] })) };
    return captionOutput({ generated }, { labels: [] });
  };

/** Says `fakeCaption` of the features' value, word by word. */
export const generateFake: Generate = async ({ features, options, signal, onEvent }) => {
  const texts = fakeCaption(features[0] ?? 0).split(' ');
  const words = texts.slice(0, options.max_length).map((text) => ({ text, logProb: -0.5 }));
  for (const [index, word] of words.entries()) {
    signal.throwIfAborted();
    onEvent({ type: 'word', index, ...word });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const caption = words.map(({ text }) => text).join(' ');
  return { words, alternatives: [{ caption, logProb: -1.5 }] };
};

export const fakeInput = {
  sha256: '0'.repeat(64),
  media_type: 'image/png',
  width: 299,
  height: 299,
};

export interface QueueSide {
  redis: Redis;
  prefix: string;
  queues: StageQueues;
  store: CaptionStore;
  streams: EventStreams;
  /** Creates a caption of a flat picture. */
  post(
    value: number,
    options?: Partial<typeof defaultOptions>,
    choices?: Partial<NewCaption>,
  ): Promise<CaptionRecord>;
  /** Follows the caption's events to their end and answers the record. */
  untilEnded(captionId: string): Promise<CaptionRecord>;
  close(): Promise<void>;
}

/** What the API has: a store that creates, and streams. */
export async function createQueueSide(options: {
  url: string;
  prefix?: string;
  queueLimit?: number;
  queueLimitBytes?: number;
  tenantQueueLimit?: number | undefined;
  retentionSeconds?: number;
}): Promise<QueueSide> {
  const { url, prefix = randomPrefix() } = options;
  const { queueLimit = 100, queueLimitBytes = 2 ** 30, retentionSeconds = 3_600 } = options;
  const logger = silentLogger;
  const redis = createRedis({ url, role: 'producer', logger });
  const subscriber = createRedis({ url, role: 'subscriber', logger });
  const queues = createStageQueues({ redis, prefix });
  const limits = { queueLimit, queueLimitBytes, tenantQueueLimit: options.tenantQueueLimit };
  const store = createCaptionStore({ redis, queues, prefix, limits, retentionSeconds });
  const streams = createEventStreams({ redis, subscriber, prefix, logger });
  await once(redis, 'ready');
  return {
    redis,
    prefix,
    queues,
    store,
    streams,
    post: (value, wanted = {}, choices = {}) =>
      store.create({
        tenant: 'default',
        input: { ...fakeInput, sha256: sha256(flatPixels(value)) },
        options: { ...defaultOptions, ...wanted },
        pixels: flatPixels(value),
        ...choices,
      }),
    async untilEnded(captionId) {
      for await (const { event } of streams.read({ captionId })) {
        if ('id' in event.data) return event.data;
      }
      throw new Error(`${captionId} ended without a terminal event.`);
    },
    async close() {
      streams.close();
      await queues.close();
      closeRedis(redis);
      closeRedis(subscriber);
    },
  };
}

/** Reconciles the captions of `side`, often, so that tests needn't wait for it. */
export function startReconciler(
  { redis, store, queues, prefix }: Pick<QueueSide, 'redis' | 'store' | 'queues' | 'prefix'>,
  options: { parkLimitSeconds?: number; quietMs?: number } = {},
): Reconciler {
  const { hasDecoder } = createHeartbeats({ redis, prefix });
  return createReconciler({
    redis,
    store,
    queues,
    prefix,
    hasDecoder,
    parkLimitSeconds: 60,
    logger: silentLogger,
    intervalMs: 50,
    ...options,
  });
}

export interface WorkerSide {
  redis: Redis;
  store: WorkStore;
  queues: StageQueues;
  /** How many pictures the made-up encoder ran for. */
  readonly encodes: number;
  /** What became of each job, in order. */
  readonly outcomes: StageOutcome[];
  stop(options?: { graceMs?: number }): Promise<void>;
}

export interface WorkerSideOptions {
  url: string;
  prefix: string;
  /** Default: both. */
  stages?: ('encode' | 'decode')[];
  cacheUrl?: string;
  bundleHash?: string;
  encode?: (pixels: Uint8Array) => Promise<Uint8Array>;
  generate?: Generate;
  timeoutMs?: number;
  logger?: Logger;
}

/** Workers of the stages asked for, with the services' own processors. */
export function createWorkerSide(options: WorkerSideOptions): WorkerSide {
  const { url, prefix, stages = ['encode', 'decode'], cacheUrl, bundleHash = 'bundle-a' } = options;
  const { encode = async (pixels) => fakeFeatures(pixels), generate = generateFake } = options;
  const { logger = silentLogger, timeoutMs } = options;
  const redis = createRedis({ url, role: 'worker', logger });
  const cacheRedis = createRedis({ url: cacheUrl ?? url, role: 'cache', logger });
  const queues = createStageQueues({ redis, prefix });
  const store = createWorkStore({ redis, queues, prefix });
  const outcomes: StageOutcome[] = [];
  let encodes = 0;
  const common = {
    store,
    redis,
    prefix,
    concurrency: 1,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    logger,
    observer: { ended: (outcome: StageOutcome) => void outcomes.push(outcome) },
  };
  const cacheOptions = {
    redis: cacheRedis,
    prefix,
    ttlSeconds: 60,
    sharesDurableServer: cacheUrl === undefined,
    logger,
  };
  const encodeCaption = createEncodeProcessor({
    encoder: {
      engine: 'fake',
      graphHash: 'graph',
      encode(pixels) {
        encodes += 1;
        return encode(pixels);
      },
    },
    cache: createFeatureCache(cacheOptions),
    store,
    preprocessingVersion: '1',
    bundleHash,
  });
  const decodeCaption = createDecodeProcessor({
    captionPicture: captionPictureBy(generate),
    store,
    results: createResultWriter(cacheOptions),
    model: { name: 'fake', version: '1' },
  });
  const workers = stages.map((stage) =>
    stage === 'encode'
      ? createStageWorker({ ...common, stage, process: encodeCaption })
      : createStageWorker({ ...common, stage, bundleHash, process: decodeCaption }),
  );
  return {
    redis,
    store,
    queues,
    get encodes() {
      return encodes;
    },
    outcomes,
    async stop(stopOptions) {
      await Promise.all(workers.map((worker) => worker.stop(stopOptions)));
      await queues.close();
      closeRedis(redis);
      closeRedis(cacheRedis);
    },
  };
}
