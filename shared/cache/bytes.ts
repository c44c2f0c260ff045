// The cache role of Redis: bytes by content hash, for a time. Every failure is only a miss.
import type { Logger } from '@caption-queue/runtime/logger';
import type { Redis } from 'ioredis';

/** How long what the durable server said of its memory is believed. */
const MEMORY_CHECK_INTERVAL_MS = 5_000;

export interface ByteCacheOptions {
  /** Of role `cache`: its commands give up after 250 ms. */
  redis: Redis;
  prefix: string;
  /** 0 turns the cache off. */
  ttlSeconds: number;
  /** Is this the durable server? Then it is written only while it uses less than half of its memory. */
  sharesDurableServer: boolean;
  logger: Logger;
}

export interface ByteReader {
  /** @returns undefined when it isn't there or the cache is slow or away */
  get(key: string): Promise<Buffer | undefined>;
}

export interface ByteCache extends ByteReader {
  /** Never throws; what can't be stored now is left out. */
  set(key: string, bytes: Buffer): Promise<void>;
}

export function createByteReader({ redis, logger }: { redis: Redis; logger: Logger }): ByteReader {
  return {
    async get(key) {
      if (redis.status !== 'ready') return undefined;
      try {
        return (await redis.getBuffer(key)) ?? undefined;
      } catch (err) {
        logger.debug({ err }, 'the cache could not be read');
        return undefined;
      }
    },
  };
}

export function createByteCache(options: Omit<ByteCacheOptions, 'prefix'>): ByteCache {
  const { redis, ttlSeconds, sharesDurableServer, logger } = options;
  const reader = createByteReader(options);
  const hasRoom = sharesDurableServer
    ? createMemoryGuard({ redis, logger })
    : () => Promise.resolve(true);

  return {
    get: (key) => (ttlSeconds === 0 ? Promise.resolve(undefined) : reader.get(key)),

    async set(key, bytes) {
      if (ttlSeconds === 0 || redis.status !== 'ready') return;
      try {
        if (await hasRoom()) await redis.set(key, bytes, 'EX', ttlSeconds);
      } catch (err) {
        logger.debug({ err }, 'the cache could not be written');
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
        'Nothing is cached: REDIS_URL has no maxmemory. Set one there, or CACHE_REDIS_URL.',
      );
    }
    return room;
  };
}

function readNumber(info: string, field: string): number {
  return Number(new RegExp(`^${field}:(\\d+)`, 'm').exec(info)?.[1] ?? 0);
}
