// The store that the model is compared to, with a Redis that can be killed and a process that dies at the worst moment.
import { type CaptionStore, createCaptionStore } from '@caption-queue/captions/store';
import type { StageQueues } from '@caption-queue/jobs/queues';
import { expect } from 'vitest';
import { createQueueSide, type QueueSide, soon } from '../../support/pipeline/pipeline.ts';
import type { RedisServer } from '../../support/redis/redis.ts';

export interface Real {
  side: QueueSide;
  /** Dies after each script, before the job that it called for is added. */
  dyingStore: CaptionStore;
  /** SIGKILL, and a new start with what was on disk. */
  killRedis(): Promise<void>;
  close(): Promise<void>;
}

/** With a prefix of its own. */
export async function createReal(server: RedisServer): Promise<Real> {
  const side = await createQueueSide({ url: server.url });
  const { redis, prefix } = side;
  const queues: StageQueues = {
    ...side.queues,
    add: async () => {
      throw new Error('died');
    },
  };
  const limits = { queueLimit: 100, queueLimitBytes: 2 ** 30 };
  return {
    side,
    dyingStore: createCaptionStore({ redis, queues, prefix, limits, retentionSeconds: 3_600 }),
    async killRedis() {
      await server.crash();
      await server.revive();
      await expect.poll(() => redis.status, { ...soon, interval: 20 }).toBe('ready');
    },
    close: () => side.close(),
  };
}
