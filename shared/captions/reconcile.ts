// Looks after captions whose job was lost, whose deadline has passed or whose time is over. One process at a time does it.
import { randomUUID } from 'node:crypto';
import { type CaptionStatus, isTerminal, type Stage } from '@caption-queue/contract/caption';
import { integer, optional, text } from '@caption-queue/redis/codecs';
import { isRedisTrouble } from '@caption-queue/redis/errors';
import { buildKeys } from '@caption-queue/redis/keys';
import { defineScript, runScript } from '@caption-queue/redis/script';
import type { Logger } from '@caption-queue/runtime/logger';
import type { Redis } from 'ioredis';
import Type from 'typebox';
import type { Revival } from './claim.ts';
import type { StageJobs } from './context.ts';
import holdLockLua from './lua/hold-lock.lua';
import type { WorkStore } from './store.ts';

/** `PARK_LIMIT_SECONDS`, for the settings of every process that reconciles. */
export const reconcilerSettings = {
  PARK_LIMIT_SECONDS: Type.Integer({
    minimum: 5,
    default: 120,
    description:
      'How long a caption waits for a decoder with the bundle its features were made for, before it is encoded again',
  }),
};

/** How often a slice is looked at. */
const DEFAULT_INTERVAL_MS = 2_000;
/** Captions a tick looks at, those longest unheard of first, so that its cost doesn't grow with the queue. */
const SLICE = 200;
/** A caption may be between two writes; one that was heard of this lately is left alone. */
const DEFAULT_QUIET_MS = 5_000;
/** The lock outlives a few ticks; when its holder dies, another takes over after this long. */
const LOCK_TTL_MS = 10_000;

/** Without a time the lock is given up. */
const HOLD_LOCK = defineScript({
  name: 'hold-lock',
  lua: holdLockLua,
  keys: ['lock'],
  args: { token: text, ttlMs: optional(integer) },
  replies: { ok: {}, other: {} },
});

export interface ReconcilerOptions {
  redis: Redis;
  store: WorkStore;
  queues: StageJobs;
  prefix: string;
  /** Is a decoder of that bundle alive? It may only be busy: then the caption waits like any other. */
  hasDecoder: (bundleHash: string) => Promise<boolean>;
  /** How long a caption stays parked before it starts again from its pixels. */
  parkLimitSeconds: number;
  logger: Logger;
  /** Default 2,000. */
  intervalMs?: number;
  /** A caption that was heard of more lately isn't looked at. Default 5,000. */
  quietMs?: number;
}

export interface Reconciler {
  stop(): Promise<void>;
}

/** Starts ticking. Every worker and API process offers one; a lock in Redis picks which of them acts. */
export function createReconciler(options: ReconcilerOptions): Reconciler {
  const { redis, store, queues, prefix, hasDecoder, parkLimitSeconds, logger } = options;
  const { intervalMs = DEFAULT_INTERVAL_MS, quietMs = DEFAULT_QUIET_MS } = options;
  const keys = buildKeys(prefix);
  const token = randomUUID();
  let stopping = false;
  let wake: (() => void) | undefined;

  /** @returns does this process hold it now? */
  async function holdLock(ttlMs: number | undefined): Promise<boolean> {
    const lock = { keys: { lock: keys.reconciler }, args: { token, ttlMs } };
    const { kind } = await runScript(redis, HOLD_LOCK, lock);
    return kind === 'ok';
  }

  /** By Redis' clock, like all times of a record. */
  async function readClock(): Promise<number> {
    const [seconds, microseconds] = await redis.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000);
  }

  /** @returns the captions longest unheard of, and moves them to the end of the line */
  async function takeSlice(nowMs: number): Promise<Suspect[]> {
    const ids = await redis.zrangebyscore(keys.active, '-inf', nowMs - quietMs, 'LIMIT', 0, SLICE);
    if (ids.length === 0) return [];
    await redis.zadd(keys.active, 'XX', ...ids.flatMap((id) => [nowMs, id]));
    return Promise.all(
      ids.map(async (captionId) => {
        const [status, stage, dispatch, parkedAt, bundleHash] = await redis.hmget(
          keys.caption(captionId),
          'status',
          'stage',
          'dispatch',
          'parked_at',
          'bundle_hash',
        );
        return {
          captionId,
          status: status as CaptionStatus | null,
          stage: stage as Stage,
          dispatch: Number(dispatch),
          parkedMs: parkedAt == null ? 0 : nowMs - Number(parkedAt),
          bundleHash: bundleHash ?? '',
        };
      }),
    );
  }

  async function look(suspect: Suspect): Promise<Revival | undefined> {
    const { captionId, status, stage, dispatch, parkedMs, bundleHash } = suspect;
    if (status === null || isTerminal(status)) {
      // Its record was deleted under it, by hand.
      await Promise.all([
        redis.zrem(keys.active, captionId),
        redis.srem(keys.activeBulk, captionId),
      ]);
      return undefined;
    }
    if (parkedMs > parkLimitSeconds * 1_000 && !(await hasDecoder(bundleHash))) {
      logger.warn({ captionId, parkedMs }, 'no decoder with its bundle came: encoding it again');
      return store.restart({ captionId, dispatch });
    }
    // However old, a job that waits is fine: the queue is long.
    if (await queues.isPending({ captionId, stage, dispatch })) return undefined;
    const revival = await store.redispatch({ captionId, stage, dispatch });
    if (revival === 'revived') logger.warn({ captionId, stage }, 'its job was lost: queued again');
    if (revival === 'failed') logger.error({ captionId, stage }, 'failed: every claim was used up');
    return revival;
  }

  async function tick(): Promise<void> {
    if (!(await holdLock(LOCK_TTL_MS))) return;
    const nowMs = await readClock();
    // Each by itself, so that a caption whose record is damaged holds up none of the others.
    await attempt(async () => {
      const expired = await store.expireDue({ nowMs, limit: SLICE });
      if (expired.length > 0) logger.info({ captionIds: expired }, 'expired');
    });
    await attempt(() => store.forgetPurged({ nowMs, limit: SLICE }));
    await attempt(async () => {
      const suspects = await takeSlice(nowMs);
      await Promise.all(suspects.map((suspect) => attempt(() => look(suspect))));
    });
  }

  async function attempt(work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (err) {
      if (!isRedisTrouble(err)) logger.error({ err }, 'reconciling failed; trying again');
    }
  }

  async function run(): Promise<void> {
    while (!stopping) {
      if (redis.status === 'ready') {
        await attempt(tick);
      }
      await new Promise<void>((resolve) => {
        if (stopping) return resolve();
        const timer = setTimeout(resolve, intervalMs);
        timer.unref();
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
  const running = run();

  return {
    async stop() {
      stopping = true;
      wake?.();
      if (redis.status !== 'ready') return;
      await running;
      await holdLock(undefined).catch(() => undefined);
    },
  };
}

interface Suspect {
  captionId: string;
  status: CaptionStatus | null;
  stage: Stage;
  dispatch: number;
  /** 0 when it isn't parked. */
  parkedMs: number;
  /** The bundle it is pinned to. */
  bundleHash: string;
}
