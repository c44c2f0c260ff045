// Keeps a slow receiver from holding up others: how many attempts may be under way at one receiver at a time.
import { randomUUID } from 'node:crypto';
import { integer, oneOf, optional, text } from '@caption-queue/redis/codecs';
import { buildKeys } from '@caption-queue/redis/keys';
import { defineScript, runScript } from '@caption-queue/redis/script';
import type { Redis } from 'ioredis';
import acquireLeaseLua from './lua/acquire-lease.lua';
import releaseLeaseLua from './lua/release-lease.lua';

/** Over all processes; one that failed last time gets a single one. */
const MAX_ATTEMPTS_AT_ONCE = 4;
/** An attempt takes at most 16 s; a lease that is older was left by a process that died. */
const LEASE_MS = 20_000;
/** In a long line, all look again after at most this long; each a little sooner, so that they don't come together. */
const LONGEST_WAIT_MS = 300_000;
/** How a receiver did is forgotten after this long. */
const MEMORY_MS = 3_600_000;

const ACQUIRE_LEASE = defineScript({
  name: 'acquire-lease',
  lua: acquireLeaseLua,
  keys: ['leases', 'lane'],
  args: { token: text, leaseMs: integer, mostLeases: integer, longestWaitMs: integer },
  replies: { leased: {}, wait: { waitMs: integer } },
});

const RELEASE_LEASE = defineScript({
  name: 'release-lease',
  lua: releaseLeaseLua,
  keys: ['leases', 'lane'],
  args: {
    token: text,
    memoryMs: integer,
    result: optional(oneOf('succeeded', 'failed')),
    latencyMs: optional(integer),
  },
  replies: { ok: {} },
});

export interface Lease {
  /** @param attempt how it went, if there was one */
  release(attempt?: { failed: boolean; latencyMs: number }): Promise<void>;
}

export interface Lanes {
  /** @returns a lease, or how long to wait before asking again */
  acquire(lane: string): Promise<Lease | { waitMs: number }>;
}

export function createLanes(options: { redis: Redis; prefix: string }): Lanes {
  const { redis, prefix } = options;
  const keys = buildKeys(prefix);
  return {
    async acquire(lane) {
      const token = randomUUID();
      const laneKeys = { leases: keys.leases(lane), lane: keys.lane(lane) };
      const reply = await runScript(redis, ACQUIRE_LEASE, {
        keys: laneKeys,
        args: {
          token,
          leaseMs: LEASE_MS,
          mostLeases: MAX_ATTEMPTS_AT_ONCE,
          longestWaitMs: LONGEST_WAIT_MS,
        },
      });
      if (reply.kind === 'wait') {
        const { waitMs } = reply;
        const isLast = waitMs >= LONGEST_WAIT_MS;
        return { waitMs: isLast ? waitMs * (0.5 + Math.random() / 2) : waitMs };
      }
      return {
        async release(attempt) {
          const result = attempt && (attempt.failed ? 'failed' : 'succeeded');
          await runScript(redis, RELEASE_LEASE, {
            keys: laneKeys,
            args: { token, memoryMs: MEMORY_MS, result, latencyMs: attempt?.latencyMs },
          });
        },
      };
    },
  };
}
