// What all parts of the caption store share: the connection, the queues, and the way to run a transition.

import { Priority, Stage } from '@caption-queue/contract/caption';
import type { NewStageJob, StageJobRef } from '@caption-queue/contract/jobs';
import { type Codecs, oneOf, type Values } from '@caption-queue/redis/codecs';
import { buildKeys, type Keys } from '@caption-queue/redis/keys';
import { type Replies, type Reply, runScript, type Script } from '@caption-queue/redis/script';
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
  /** Runs a transition of the caption `args.id`. */
  run<Args extends Codecs, R extends Replies>(
    script: Script<CaptionKey, Args, R>,
    args: Values<Args> & { id: string },
  ): Promise<Reply<R>>;
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
    run: (script, args) => runScript(redis, script, { keys: scriptKeys(keys, args.id), args }),
  };
}

/** The same for every script of a caption, by the names that lua/prelude.lua knows. */
export const captionKeys = [
  'record',
  'events',
  'pixels',
  'features',
  'tombstone',
  'hint',
  'active',
  'activeBulk',
  'index',
  'deadlines',
  'purges',
  'counts',
  'outbox',
  'subscribers',
] as const;
export type CaptionKey = (typeof captionKeys)[number];

export const stage = oneOf(...Stage.enum);
export const priority = oneOf(...Priority.enum);

export function scriptKeys(keys: Keys, captionId: string): Record<CaptionKey, string> {
  return {
    record: keys.caption(captionId),
    events: keys.events(captionId),
    pixels: keys.pixels(captionId),
    features: keys.features(captionId),
    tombstone: keys.tombstone(captionId),
    hint: keys.hint(captionId),
    active: keys.active,
    activeBulk: keys.activeBulk,
    index: keys.index,
    deadlines: keys.deadlines,
    purges: keys.purges,
    counts: keys.counts,
    outbox: keys.outbox,
    subscribers: keys.subscribers,
  };
}
