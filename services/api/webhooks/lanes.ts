// Keeps a slow receiver from holding up others: how many attempts may be under way at one receiver at a time.
import { randomUUID } from 'node:crypto';
import { buildKeys } from '@caption-queue/redis/keys';
import { runScript } from '@caption-queue/redis/script';
import type { Redis } from 'ioredis';
import { ACQUIRE, RELEASE } from './scripts.ts';

/** Over all processes; one that failed last time gets a single one. */
const MAX_ATTEMPTS_AT_ONCE = 4;
/** An attempt takes at most 16 s; a lease that is older was left by a process that died. */
const LEASE_MS = 20_000;
/** In a long line, all look again after at most this long; each a little sooner, so that they don't come together. */
const LONGEST_WAIT_MS = 300_000;
/** How a receiver did is forgotten after this long. */
const MEMORY_MS = 3_600_000;

export interface Lease {
  /** @param result how the attempt went, if there was one */
  release(result?: { failed: boolean; latencyMs: number }): Promise<void>;
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
      const laneKeys = [keys.leases(lane), keys.lane(lane)];
      const reply = await runScript(redis, ACQUIRE, {
        keys: laneKeys,
        args: [token, LEASE_MS, MAX_ATTEMPTS_AT_ONCE, LONGEST_WAIT_MS],
      });
      if (reply.text(0) === 'wait') {
        const waitMs = reply.number(1);
        const isLast = waitMs >= LONGEST_WAIT_MS;
        return { waitMs: isLast ? waitMs * (0.5 + Math.random() / 2) : waitMs };
      }
      return {
        async release(result) {
          const news = result === undefined ? [] : [result.failed ? '1' : '0', result.latencyMs];
          await runScript(redis, RELEASE, { keys: laneKeys, args: [token, MEMORY_MS, ...news] });
        },
      };
    },
  };
}
