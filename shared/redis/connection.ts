// Redis connections, one kind for each role, with the settings that were measured for it.

import type { Logger } from '@caption-queue/runtime/logger';
import { printableUrl } from '@caption-queue/runtime/logger';
import { Redis, type RedisOptions } from 'ioredis';
import { type RedisTls, tlsOptions } from './tls.ts';

/** Longest pause between two attempts to connect, so that work resumes soon after Redis returns. */
const RETRY_CAP_MS = 2_000;
/** A connection that swallows packets is given up after this long; above the longest blocking wait (5 s). */
const SOCKET_TIMEOUT_MS = 8_000;
/** A black-holed SYN must not cost the ten seconds within which work has to resume. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Requests are answered with 503 in under 2.5 s. */
const PRODUCER_COMMAND_TIMEOUT_MS = 2_000;
/** A cache that is slower than this is of no use: computing the features takes 25–100 ms. */
const CACHE_COMMAND_TIMEOUT_MS = 250;

/**
 * - `producer`: for requests. Commands fail at once while disconnected, and after 2 s in any case.
 * - `worker`: for jobs. Commands wait for Redis to come back.
 * - `subscriber`: for pub/sub. Subscriptions survive a reconnect.
 * - `cache`: every failure is quick, because it only means a miss.
 */
export type RedisRole = 'producer' | 'worker' | 'subscriber' | 'cache';

const roleOptions: Record<RedisRole, RedisOptions> = {
  producer: {
    commandTimeout: PRODUCER_COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  },
  worker: { maxRetriesPerRequest: null },
  subscriber: { maxRetriesPerRequest: null, autoResubscribe: true },
  cache: {
    commandTimeout: CACHE_COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
  },
};

export interface RedisConnectionOptions {
  /** `redis://` or `rediss://`, with user and password if any. */
  url: string;
  role: RedisRole;
  logger: Logger;
  /** Of `rediss://`. Default: as Node does it. */
  tls?: RedisTls;
  /** `false` where the user may not use `INFO`: neither readiness nor the version is asked for then. Default true. */
  answersInfo?: boolean;
}

/**
 * Creates a connection that connects at once and reconnects for ever; a server that isn't there is logged once per
 * outage and never thrown.
 */
export function createRedis(options: RedisConnectionOptions): Redis {
  const { url, role, logger, tls, answersInfo = true } = options;
  // BullMQ reads its own option from the connection that it is given.
  const settings: RedisOptions & { skipVersionCheck: boolean } = {
    enableReadyCheck: answersInfo,
    skipVersionCheck: !answersInfo,
    retryStrategy: (attempt) => Math.min(attempt * 100, RETRY_CAP_MS),
    connectTimeout: CONNECT_TIMEOUT_MS,
    socketTimeout: SOCKET_TIMEOUT_MS,
    connectionName: `caption-queue-${role}`,
    ...(tls && tlsOptions(url, tls)),
    ...roleOptions[role],
  };
  const redis = new Redis(url, settings);
  logOutages({ redis, role, url, logger });
  return redis;
}

function logOutages(options: { redis: Redis; role: RedisRole; url: string; logger: Logger }): void {
  const { redis, role, url, logger } = options;
  let down = false;
  redis.on('error', (error: Error) => {
    if (down) return;
    down = true;
    logger.warn(
      { role, url: printableUrl(url), reason: error.message || error.name },
      'Redis cannot be reached; trying again until it answers',
    );
  });
  redis.on('ready', () => {
    if (down) logger.info({ role }, 'Redis answers again');
    down = false;
  });
}

/** What `/readyz` says of a connection: null when it is ready. */
export function redisProblem(redis: Redis): string | null {
  return redis.status === 'ready' ? null : `Redis cannot be reached (${redis.status}).`;
}

/** Closes a connection without waiting for commands that a dead server will never answer. */
export function closeRedis(redis: Redis): void {
  redis.disconnect();
}
