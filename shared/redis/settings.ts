// Settings of every process that talks to Redis, to be spread into a service's own.

import Type from 'typebox';
import { redisUrlProblem } from './address.ts';
import { DEFAULT_REDIS_PREFIX } from './keys.ts';
import { tlsSettings } from './tls.ts';

export const redisSettings = {
  REDIS_URL: Type.String({
    problemOf: redisUrlProblem,
    default: 'redis://127.0.0.1:6379',
    writeOnly: true,
    description:
      'Durable Redis: queues, records, streams. Needs maxmemory-policy noeviction and AOF, else captions get lost; ' +
      'rediss:// uses TLS',
  }),
  CACHE_REDIS_URL: Type.Optional(
    Type.String({
      problemOf: redisUrlProblem,
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
  ...tlsSettings,
};

/** What `redisSettings` reads. */
export type RedisSettings = Type.Static<Type.TObject<typeof redisSettings>>;
