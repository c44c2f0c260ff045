// What all parts of the caption store share: the connection, the queues, and the way to run a transition.

import type { StageQueues } from '@caption-queue/jobs/queues';
import { buildKeys, type Keys } from '@caption-queue/redis/keys';
import {
  runScript,
  type Script,
  type ScriptArgument,
  type ScriptReply,
} from '@caption-queue/redis/script';
import type { Redis } from 'ioredis';

export interface StoreContext {
  readonly redis: Redis;
  readonly queues: StageQueues;
  readonly keys: Keys;
  /** Runs a transition of one caption. */
  run(script: Script, captionId: string, ...args: ScriptArgument[]): Promise<ScriptReply>;
}

export function createStoreContext(options: {
  redis: Redis;
  queues: StageQueues;
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

/** The bytes of an array, not copied. */
export function toBuffer(array: Uint8Array | Uint16Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
