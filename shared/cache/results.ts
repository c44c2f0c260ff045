// Finished captions by content, so that a picture captioned before is answered at once. Every failure is only a miss.
import { createHash } from 'node:crypto';
import { type CaptionOptions, CaptionOutput } from '@caption-queue/contract/caption';
import { buildKeys } from '@caption-queue/redis/keys';
import { parseJson } from '@caption-queue/runtime/json';
import type { Logger } from '@caption-queue/runtime/logger';
import type { Redis } from 'ioredis';
import Type from 'typebox';
import { type ByteCacheOptions, createByteCache, createByteReader } from './bytes.ts';

const CachedResult = Type.Object({
  output: CaptionOutput,
  model: Type.Object({ name: Type.String(), version: Type.String() }),
  /** Of the model that made it: another one may say something else. */
  bundleHash: Type.String(),
});
export type CachedResult = Type.Static<typeof CachedResult>;

export interface ResultKeyParts {
  /** SHA-256 of the normalised pixels, hexadecimal. */
  pixelsHash: string;
  options: CaptionOptions;
}

/** SHA-256 over all that a model's caption depends on. */
export function resultKey({ pixelsHash, options }: ResultKeyParts): string {
  const sorted = Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(pixelsHash).update(JSON.stringify(sorted)).digest('hex');
}

export interface ResultReader {
  /** @returns undefined when it isn't there or can't be read, or the cache is slow or away */
  get(parts: ResultKeyParts): Promise<CachedResult | undefined>;
}

export interface ResultWriter {
  /** Never throws; what can't be stored now is left out. */
  set(parts: ResultKeyParts, result: CachedResult): Promise<void>;
}

/** For the API. @param options.redis of role `cache` */
export function createResultReader(options: {
  redis: Redis;
  prefix: string;
  logger: Logger;
}): ResultReader {
  const cache = createByteReader(options);
  const keys = buildKeys(options.prefix);
  return {
    async get(parts) {
      const bytes = await cache.get(keys.result(resultKey(parts)));
      return bytes && parseJson(CachedResult, bytes.toString());
    },
  };
}

/** For decoders. */
export function createResultWriter(options: ByteCacheOptions): ResultWriter {
  const cache = createByteCache(options);
  const keys = buildKeys(options.prefix);
  return {
    set: (parts, result) =>
      cache.set(keys.result(resultKey(parts)), Buffer.from(JSON.stringify(result))),
  };
}
