// Features by content, so that a picture seen before isn't encoded again. Every failure is only a miss.
import { createHash } from 'node:crypto';
import { FEATURES_BYTES } from '@caption-queue/contract/bundle';
import { buildKeys } from '@caption-queue/contract/keys';
import type { Logger } from '@caption-queue/runtime/logger';
import type { Redis } from 'ioredis';

/** How long what the durable server said of its memory is believed. */
const MEMORY_CHECK_INTERVAL_MS = 5_000;

export interface FeatureKeyParts {
  /** 299 × 299 RGB. */
  pixels: Uint8Array;
  preprocessingVersion: string;
  /** Of the graph that really runs, so that int8 and a fp32 fallback never mix. */
  graphHash: string;
  engine: string;
}

/** SHA-256 over all that the features depend on. */
export function featureKey(parts: FeatureKeyParts): string {
  const { pixels, preprocessingVersion, graphHash, engine } = parts;
  const hash = createHash('sha256').update(pixels);
  for (const part of [preprocessingVersion, graphHash, engine]) hash.update('\0').update(part);
  return hash.digest('hex');
}

export interface FeatureCache {
  /** @returns float16 bits [8, 8, 2048], or undefined when they aren't there or the cache is slow or away */
  get(key: string): Promise<Uint16Array | undefined>;
  /** Never throws; what can't be stored now is left out. */
  set(key: string, features: Uint16Array): Promise<void>;
}

export interface FeatureCacheOptions {
  /** Of role `cache`: its commands give up after 250 ms. */
  redis: Redis;
  prefix: string;
  /** 0 turns the cache off. */
  ttlSeconds: number;
  /** Is this the durable server? Then features are written only while it uses less than half of its memory. */
  sharesDurableServer: boolean;
  logger: Logger;
}

export function createFeatureCache(options: FeatureCacheOptions): FeatureCache {
  const { redis, prefix, ttlSeconds, sharesDurableServer, logger } = options;
  const keys = buildKeys(prefix);
  const hasRoom = sharesDurableServer
    ? createMemoryGuard({ redis, logger })
    : () => Promise.resolve(true);

  return {
    async get(key) {
      if (ttlSeconds === 0 || redis.status !== 'ready') return undefined;
      try {
        const bytes = await redis.getBuffer(keys.feature(key));
        if (bytes === null || bytes.byteLength !== FEATURES_BYTES) return undefined;
        return new Uint16Array(new Uint8Array(bytes).buffer);
      } catch (err) {
        logger.debug({ err }, 'the feature cache could not be read');
        return undefined;
      }
    },

    async set(key, features) {
      if (ttlSeconds === 0 || redis.status !== 'ready') return;
      try {
        if (!(await hasRoom())) return;
        const bytes = Buffer.from(features.buffer, features.byteOffset, features.byteLength);
        await redis.set(keys.feature(key), bytes, 'EX', ttlSeconds);
      } catch (err) {
        logger.debug({ err }, 'the feature cache could not be written');
      }
    },
  };
}

/** A durable server must keep room for captions: it evicts nothing, so a cache could fill it for good. */
function createMemoryGuard(options: { redis: Redis; logger: Logger }): () => Promise<boolean> {
  const { redis, logger } = options;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let room = false;
  let warned = false;

  return async () => {
    if (performance.now() - checkedAt < MEMORY_CHECK_INTERVAL_MS) return room;
    const memory = await redis.info('memory');
    const used = readNumber(memory, 'used_memory');
    const limit = readNumber(memory, 'maxmemory');
    checkedAt = performance.now();
    room = limit > 0 && used < limit / 2;
    if (limit === 0 && !warned) {
      warned = true;
      logger.warn(
        'Features are not cached: REDIS_URL has no maxmemory. Set one there, or CACHE_REDIS_URL.',
      );
    }
    return room;
  };
}

function readNumber(info: string, field: string): number {
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}
