// What workers say of themselves in Redis; the API, which has no model, reads it.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { HEARTBEAT_TTL_SECONDS, Heartbeat } from '@caption-queue/contract/heartbeat';
import { withinDeadline } from '@caption-queue/redis/deadline';
import { buildKeys } from '@caption-queue/redis/keys';
import { parseJson } from '@caption-queue/runtime/json';
import type { Logger } from '@caption-queue/runtime/logger';
import type { Redis } from 'ioredis';

/** Two beats may get lost before a worker counts as gone. */
const BEAT_INTERVAL_MS = 5_000;
/** Ids of workers whose beat is over are forgotten after this long; hosts' clocks may differ by less. */
const FORGET_AFTER_MS = 60_000;
/** A worker that ended because it can never work is still seen, and why, for this long. */
const REFUSAL_TTL_SECONDS = 600;
/** A worker may fail before it is connected; its last words wait for Redis this long. */
const LAST_WORDS_TIMEOUT_MS = 2_000;

export interface Heartbeats {
  /**
   * The workers that beat lately, longest living first.
   *
   * @throws DomainError `redis_unavailable`
   */
  list(): Promise<Heartbeat[]>;
  /** Is a decoder ready that has this bundle? @throws DomainError `redis_unavailable` */
  hasDecoder(bundleHash: string): Promise<boolean>;
}

/** For readers. @param options.redis of role `producer` */
export function createHeartbeats(options: { redis: Redis; prefix: string }): Heartbeats {
  const { redis, prefix } = options;
  const keys = buildKeys(prefix);

  const list = () =>
    withinDeadline(redis, async () => {
      const ids = await redis.zrange(keys.heartbeats, 0, -1);
      if (ids.length === 0) return [];
      const beats = await redis.mget(ids.map((id) => keys.heartbeat(id)));
      return beats
        .flatMap((beat) => (beat === null ? [] : (parseJson(Heartbeat, beat) ?? [])))
        .sort((a, b) => a.startedAt.localeCompare(b.startedAt));
    });

  return {
    list,
    async hasDecoder(bundleHash) {
      const beats = await list();
      return beats.some(
        ({ stage, state, model }) =>
          stage === 'decode' && state === 'ready' && model?.bundleHash === bundleHash,
      );
    },
  };
}

/** What a worker tells; the rest of its beat doesn't change. */
export type HeartbeatNews = Partial<Pick<Heartbeat, 'state' | 'model' | 'lastError'>>;

export interface HeartbeatWriter {
  readonly current: Heartbeat;
  /** Changes what is said, and says it at once. */
  update(news: HeartbeatNews): void;
  /** The last words of a worker that can never work: they stay for ten minutes. */
  refuse(reason: string): Promise<void>;
  /** Says goodbye. */
  stop(): Promise<void>;
}

/**
 * Starts a worker's heart, in state `starting`. Outages of Redis are survived silently: it beats again afterwards.
 *
 * @param options.redis of role `producer`, so that beats never pile up
 */
export function createHeartbeatWriter(options: {
  redis: Redis;
  prefix: string;
  stage: Heartbeat['stage'];
  engine: string;
  logger: Logger;
}): HeartbeatWriter {
  const { redis, prefix, stage, engine, logger } = options;
  const keys = buildKeys(prefix);
  let current: Heartbeat = {
    id: `${hostname()}-${process.pid}-${randomBytes(4).toString('hex')}`,
    stage,
    state: 'starting',
    startedAt: new Date().toISOString(),
    engine,
    model: null,
    lastError: null,
  };
  const { id } = current;
  let stopped = false;

  async function beat(ttlSeconds: number): Promise<void> {
    if (redis.status !== 'ready') return;
    const now = Date.now();
    await redis
      .multi()
      .set(keys.heartbeat(id), JSON.stringify(current), 'EX', ttlSeconds)
      .zadd(keys.heartbeats, now + ttlSeconds * 1_000, id)
      .zremrangebyscore(keys.heartbeats, '-inf', now - FORGET_AFTER_MS)
      .exec();
  }

  const beatOnce = (ttlSeconds = HEARTBEAT_TTL_SECONDS) =>
    beat(ttlSeconds).catch((err: unknown) => logger.debug({ err }, 'heartbeat was not written'));

  const onReady = () => void beatOnce();
  redis.on('ready', onReady);
  void beatOnce();
  const beating = setInterval(onReady, BEAT_INTERVAL_MS);
  beating.unref();

  function still(): void {
    stopped = true;
    clearInterval(beating);
    redis.off('ready', onReady);
  }

  return {
    get current() {
      return current;
    },
    update(news) {
      current = { ...current, ...news };
      if (!stopped) void beatOnce();
    },
    async refuse(reason) {
      still();
      current = { ...current, state: 'refusing', lastError: reason };
      await untilReady(redis);
      await beatOnce(REFUSAL_TTL_SECONDS);
    },
    async stop() {
      if (stopped) return;
      still();
      if (redis.status !== 'ready') return;
      await redis
        .multi()
        .del(keys.heartbeat(id))
        .zrem(keys.heartbeats, id)
        .exec()
        .catch(() => undefined);
    },
  };
}

async function untilReady(redis: Redis): Promise<void> {
  if (redis.status === 'ready') return;
  const signal = AbortSignal.timeout(LAST_WORDS_TIMEOUT_MS);
  await once(redis, 'ready', { signal }).catch(() => undefined);
}
