// Takes events out of the outbox and has them delivered. Every API process does; each entry is handled by one.
//
// The script that ends a caption writes the entry, so whatever dies, it is there. An entry is deleted only once its
// deliveries are kept and their jobs added; one whose process died is handled again by the next.
import { setTimeout as pause } from 'node:timers/promises';
import { isRedisTrouble } from '@caption-queue/redis/errors';
import type { Logger } from '@caption-queue/runtime/logger';
import type { Redis } from 'ioredis';
import type { DeliveryQueue } from './delivery-queue.ts';
import type { OutboxEvent } from './fan-out.ts';

const GROUP = 'webhooks';
/** All processes are one consumer, so that none leaves its name behind when it dies. */
const CONSUMER = 'api';
const ENTRIES_AT_ONCE = 50;
/** Below the socket timeout of 8 s, so that waiting never looks like a dead connection. */
const BLOCK_MS = 5_000;
/** An entry that was taken this long ago and is still there has lost its process. */
const DEFAULT_ABANDONED_MS = 10_000;
const RETRY_MS = 500;

export interface OutboxRelay {
  /** Closes the connection. What is in hand and not done is found again by another process. */
  stop(): Promise<void>;
}

type Entry = [id: string, fields: string[] | null];

/**
 * Starts reading at once.
 *
 * @param options.redis of role `worker`, for this alone: it blocks; closed by `stop`
 * @param options.fanOut keeps the deliveries of an event and answers the ids of those to be sent
 * @param options.abandonedMs default 10,000
 */
export function createOutboxRelay(options: {
  redis: Redis;
  outbox: string;
  fanOut: (event: OutboxEvent, id: string) => Promise<string[]>;
  queue: Pick<DeliveryQueue, 'add'>;
  logger: Logger;
  abandonedMs?: number;
}): OutboxRelay {
  const { redis, outbox, fanOut, queue, logger, abandonedMs = DEFAULT_ABANDONED_MS } = options;
  const stopping = new AbortController();
  let lookForAbandonedAt = 0;

  async function handle([id, flat]: Entry): Promise<void> {
    const fields = toObject(flat ?? []);
    try {
      if (fields.event === 'deliver') {
        await queue.add({ deliveryId: fields.delivery ?? '', round: Number(fields.round) });
      } else if (fields.event !== undefined) {
        const ids = await fanOut(fields as OutboxEvent, id);
        await Promise.all(ids.map((deliveryId) => queue.add({ deliveryId, round: 1 })));
      }
    } catch (error) {
      if (isRedisTrouble(error) || stopping.signal.aborted) throw error;
      // It would fail again, and for ever.
      logger.error({ err: error, entry: id, event: fields.event }, 'an event could not be sent');
    }
    await redis.multi().xack(outbox, GROUP, id).xdel(outbox, id).exec();
  }

  async function takeAbandoned(): Promise<Entry[]> {
    if (Date.now() < lookForAbandonedAt) return [];
    const reply = await redis.xautoclaim(
      outbox,
      GROUP,
      CONSUMER,
      abandonedMs,
      '0-0',
      'COUNT',
      ENTRIES_AT_ONCE,
    );
    const [, entries] = reply as [string, Entry[]];
    if (entries.length < ENTRIES_AT_ONCE) lookForAbandonedAt = Date.now() + abandonedMs / 2;
    return entries;
  }

  async function takeNew(): Promise<Entry[]> {
    const reply = await redis.xreadgroup(
      'GROUP',
      GROUP,
      CONSUMER,
      'COUNT',
      ENTRIES_AT_ONCE,
      'BLOCK',
      BLOCK_MS,
      'STREAMS',
      outbox,
      '>',
    );
    const [stream] = (reply ?? []) as [string, Entry[]][];
    return stream?.[1] ?? [];
  }

  async function run(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const abandoned = await takeAbandoned();
        const entries = abandoned.length > 0 ? abandoned : await takeNew();
        await Promise.all(entries.map(handle));
      } catch (error) {
        if (stopping.signal.aborted) return;
        if (await createGroup(error)) continue;
        if (!isRedisTrouble(error)) logger.error({ err: error }, 'the outbox cannot be read');
        await pause(RETRY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
  }

  /** @returns was it missing, and is there now? */
  async function createGroup(error: unknown): Promise<boolean> {
    if (!(error instanceof Error && error.message.startsWith('NOGROUP'))) return false;
    try {
      await redis.xgroup('CREATE', outbox, GROUP, '0', 'MKSTREAM');
      return true;
    } catch (err) {
      return err instanceof Error && err.message.startsWith('BUSYGROUP'); // another process was quicker
    }
  }

  const running = run();
  return {
    async stop() {
      stopping.abort();
      redis.disconnect(); // ends a wait for entries; what is in hand is found again
      await running;
    },
  };
}

function toObject(flat: string[]): Record<string, string> {
  const fields: Record<string, string> = {};
  for (let n = 0; n + 1 < flat.length; n += 2) fields[flat[n] as string] = flat[n + 1] as string;
  return fields;
}
