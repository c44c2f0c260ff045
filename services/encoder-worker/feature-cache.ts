// Features by content, so that a picture seen before isn't encoded again. Every failure is only a miss.
import { createHash } from 'node:crypto';
import { type ByteCacheOptions, createByteCache } from '@caption-queue/cache/bytes';
import { areFeatures } from '@caption-queue/model/features';
import { toBuffer } from '@caption-queue/redis/bytes';
import { buildKeys } from '@caption-queue/redis/keys';

export interface FeatureKeyParts {
  /** SHA-256, hexadecimal. */
  pixelsHash: string;
  preprocessingVersion: string;
  /** Of the graph that really runs, so that int8 and a fp32 fallback never mix. */
  graphHash: string;
  engine: string;
}

/** SHA-256 over all that the features depend on. */
export function featureKey(parts: FeatureKeyParts): string {
  const { pixelsHash, preprocessingVersion, graphHash, engine } = parts;
  const hash = createHash('sha256').update(pixelsHash);
  for (const part of [preprocessingVersion, graphHash, engine]) hash.update('\0').update(part);
  return hash.digest('hex');
}

export interface FeatureCache {
  /** @returns undefined when they aren't there or the cache is slow or away */
  get(key: string): Promise<Uint8Array | undefined>;
  /** Never throws; what can't be stored now is left out. */
  set(key: string, features: Uint8Array): Promise<void>;
}

export function createFeatureCache(options: ByteCacheOptions): FeatureCache {
  const cache = createByteCache(options);
  const keys = buildKeys(options.prefix);
  return {
    async get(key) {
      const bytes = await cache.get(keys.feature(key));
      return bytes && areFeatures(bytes) ? bytes : undefined;
    },
    set: (key, features) => cache.set(keys.feature(key), toBuffer(features)),
  };
}
