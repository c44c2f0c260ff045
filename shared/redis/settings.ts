// Settings of everything that talks to Redis, to be spread into a service's own settings.

import Type from 'typebox';
import { DEFAULT_REDIS_PREFIX } from './keys.ts';

export const redisSettings = {
  REDIS_URL: Type.String({
    pattern: '^rediss?://',
    default: 'redis://127.0.0.1:6379',
    writeOnly: true,
    description:
      'Durable Redis: queues, records, streams. Needs maxmemory-policy noeviction and AOF, else captions get lost; ' +
      'rediss:// uses TLS',
  }),
  CACHE_REDIS_URL: Type.Optional(
    Type.String({
      pattern: '^rediss?://',
      writeOnly: true,
      description:
        'Redis with allkeys-lru for feature vectors and finished captions. Unset: they go to REDIS_URL, and only while ' +
        'it uses less than half of its maxmemory',
    }),
  ),
  REDIS_PREFIX: Type.String({
    pattern: '^\\{[^{}:]+\\}$',
    default: DEFAULT_REDIS_PREFIX,
    description:
      'Hash tag before every key; services that share a Redis but not their captions need different ones',
  }),
  REDIS_TLS_VERIFY: Type.Boolean({
    default: true,
    description: 'false accepts a self-signed certificate of a rediss:// server',
  }),
};

/** What creates captions. */
export const admissionSettings = {
  QUEUE_LIMIT: Type.Integer({
    minimum: 1,
    default: 2_000,
    description: 'Most captions in work at once; more are answered with 503 and Retry-After',
  }),
  QUEUE_LIMIT_BYTES: Type.Integer({
    minimum: 540_000,
    default: 1024 ** 3,
    description:
      'Memory that captions in work may take on the durable Redis, 540 kB each; its maxmemory must be at least twice this',
  }),
  TENANT_QUEUE_LIMIT: Type.Optional(
    Type.Integer({
      minimum: 1,
      description:
        'Most captions of one tenant in work at once; more are answered with 429 and Retry-After. Unset: QUEUE_LIMIT',
    }),
  ),
  RETENTION_SECONDS: Type.Integer({
    minimum: 60,
    default: 7 * 24 * 3600,
    description: 'How long a caption can be read after it ended',
  }),
};

/** What reconciles: workers and the API alike. */
export const reconcilerSettings = {
  PARK_LIMIT_SECONDS: Type.Integer({
    minimum: 5,
    default: 120,
    description:
      'How long a caption waits for a decoder with the bundle its features were made for, before it is encoded again',
  }),
};

export const resultCacheSettings = {
  RESULT_CACHE_TTL_SECONDS: Type.Integer({
    minimum: 0,
    default: 24 * 3600,
    description:
      'How long a finished caption is kept to answer the same picture with the same options at once; 0 turns that off',
  }),
};

export const featureCacheSettings = {
  FEATURE_CACHE_TTL_SECONDS: Type.Integer({
    minimum: 0,
    default: 24 * 3600,
    description:
      'How long a picture’s features are kept for the next request of it; 0 turns the cache off',
  }),
};
