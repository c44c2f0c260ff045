// How often a key may ask: counted in Redis, so over all processes of the API together.

import { DomainError } from '@caption-queue/contract/errors';
import { buildKeys } from '@caption-queue/redis/keys';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance } from 'fastify';
import type { Redis } from 'ioredis';

const WINDOW_MS = 60_000;

/**
 * Answers 429 once a key has asked too often. Call after `authenticate` and before any route is added. Without Redis
 * nobody is held back: requests that need it fail anyway.
 */
export type LimitRate = (app: FastifyInstance) => Promise<void>;

/**
 * @param options.perMinute how often a key may ask; 0 is without limit
 * @param options.redis of role `producer`
 */
export function createRateLimit(options: {
  perMinute: number;
  redis: Redis;
  prefix: string;
}): LimitRate {
  const { perMinute, redis, prefix } = options;
  return async (app) => {
    if (perMinute === 0) return;
    await app.register(rateLimit, {
      max: perMinute,
      timeWindow: WINDOW_MS,
      redis,
      nameSpace: buildKeys(prefix).rateLimit,
      keyGenerator: ({ access }) => access.keyId ?? '',
      allowList: ({ access }) => access.keyId === undefined,
      skipOnError: true,
      enableDraftSpec: true,
      errorResponseBuilder: (_request, { max, ttl }) =>
        new DomainError('rate_limited', `This key may ask ${max} times a minute.`, {
          retryAfterSeconds: Math.ceil(ttl / 1000),
        }),
    });
  };
}
