// What all parts of the caption store share: the connection, the queues, and the way to run a transition.

import type { NewStageJob, StageJobRef } from '@caption-queue/contract/jobs';
import { buildKeys, type Keys } from '@caption-queue/redis/keys';
import {
  runScript,
  type Script,
  type ScriptArgument,
  type ScriptReply,
} from '@caption-queue/redis/script';
import type { Redis } from 'ioredis';

/** How stages get their work; jobs/queues.ts does it with BullMQ. */
export interface StageJobs {
  /** Adds a stage's job; adding the same dispatch twice is harmless. */
  add(job: NewStageJob): Promise<void>;
  /** Takes a job out of the queue, unless a worker is at it. */
  remove(job: StageJobRef): Promise<void>;
  /** Is the job waiting, delayed or at work? Absent, failed and completed ones aren't. */
  isPending(job: StageJobRef): Promise<boolean>;
}

export interface StoreContext {
  readonly redis: Redis;
  readonly queues: StageJobs;
  readonly keys: Keys;
  /** Runs a transition of one caption. */
  run(script: Script, captionId: string, ...args: ScriptArgument[]): Promise<ScriptReply>;
}

export function createStoreContext(options: {
  redis: Redis;
  queues: StageJobs;
  prefix: string;
}): StoreContext {
  const { redis, queues, prefix } = options;
  const keys = buildKeys(prefix);
  return {
    redis,
    queues,
    keys,
    run: (script, captionId, ...args) =>
      runScript(redis, script, {
        keys: scriptKeys(keys, captionId),
        args: [keys.hint(captionId), captionId, ...args],
      }),
  };
}

/** In the order in which scripts/prelude.ts takes them. */
export function scriptKeys(keys: Keys, captionId: string): string[] {
  return [
    keys.caption(captionId),
    keys.events(captionId),
    keys.pixels(captionId),
    keys.features(captionId),
    keys.tombstone(captionId),
    keys.active,
    keys.activeBulk,
    keys.index,
    keys.deadlines,
    keys.purges,
    keys.counts,
    keys.outbox,
    keys.subscribers,
  ];
}
