// Reads a caption's events: all of them, in order, from any id, to the terminal one. Writing is the store's.

import { parseRecord } from '@caption-queue/captions/record';
import { type CaptionStatus, isTerminal } from '@caption-queue/contract/caption';
import { type CaptionEvent, terminalEvent } from '@caption-queue/contract/events';
import { withinDeadline } from '@caption-queue/redis/deadline';
import { buildKeys } from '@caption-queue/redis/keys';
import type { Logger } from '@caption-queue/runtime/logger';
import type { Redis } from 'ioredis';
import { createEventHints } from './event-hints.ts';

/** Entries read at a time. */
const PAGE = 200;
/** Hints may be lost; nobody waits longer than this for an event. */
const POLL_INTERVAL_MS = 5_000;
/** Pause after a failed read: the connection says nothing more about when Redis returns. */
const RETRY_INTERVAL_MS = 500;
const BEFORE_FIRST = '0-0';
const LARGEST_ID_PART = 2n ** 64n - 1n;

export interface StreamedEvent {
  /** Id in the caption's stream, `<ms>-<n>`; `Last-Event-ID` of server-sent events. */
  id: string;
  event: CaptionEvent;
}

export interface EventStreams {
  /**
   * The events after `afterId` (default: from the first), until the terminal one or until the signal fires. Outlives
   * outages of Redis. Once the stream has expired, only the terminal event is left, made from the record, under the
   * id it had. Ends at once when there is no such caption.
   */
  read(options: {
    captionId: string;
    afterId?: string | undefined;
    signal?: AbortSignal | undefined;
  }): AsyncGenerator<StreamedEvent, void, void>;
  /**
   * Is there nothing left after `afterId`, because it is the terminal event's id?
   *
   * @throws DomainError `redis_unavailable`
   */
  hasEnded(options: { captionId: string; afterId: string }): Promise<boolean>;
  close(): void;
}

/** Is this text the id of an event? Others would be refused by Redis. */
export function isEventId(text: string): boolean {
  return /^\d{1,20}-\d{1,20}$/.test(text) && idParts(text).every((part) => part <= LARGEST_ID_PART);
}

/**
 * @param options.redis of role `producer` (or `worker`), shared with others
 * @param options.subscriber of role `subscriber`, for this alone
 */
export function createEventStreams(options: {
  redis: Redis;
  subscriber: Redis;
  prefix: string;
  logger: Logger;
}): EventStreams {
  const { redis, subscriber, prefix, logger } = options;
  const keys = buildKeys(prefix);
  const hints = createEventHints({ subscriber, prefix });

  async function readPage(captionId: string, cursor: string): Promise<StoredPage> {
    const record = keys.caption(captionId);
    const replies = await redis
      .multi()
      .xrange(keys.events(captionId), `(${cursor}`, '+', 'COUNT', PAGE)
      .hgetall(record)
      .exec();
    const [entries, hash] = (replies ?? []).map(([error, reply]) => {
      if (error) throw error;
      return reply;
    });
    return {
      entries: entries as [string, string[]][],
      hash: hash as Record<string, string>,
    };
  }

  async function* read({
    captionId,
    afterId = BEFORE_FIRST,
    signal,
  }: {
    captionId: string;
    afterId?: string | undefined;
    signal?: AbortSignal | undefined;
  }): AsyncGenerator<StreamedEvent, void, void> {
    const aborted = () => signal?.aborted === true;
    const onDamaged = (eventId: string) =>
      logger.warn({ captionId, eventId }, 'an event cannot be read and is left out');
    const sleeper = createSleeper(signal);
    const unwatch = hints.watch(captionId, sleeper.wake);
    let cursor = afterId;
    try {
      while (!aborted()) {
        sleeper.reset();
        let stored: StoredPage;
        try {
          stored = await readPage(captionId, cursor);
        } catch (error) {
          logger.debug({ captionId, err: error }, 'could not read events; trying again');
          await sleeper.sleep(RETRY_INTERVAL_MS);
          continue;
        }
        // A damaged record would be the same next time: this throws.
        const page = buildPage(stored, { cursor, onDamaged });
        for (const streamed of page.events) {
          if (aborted()) return;
          yield streamed;
        }
        cursor = stored.entries.at(-1)?.[0] ?? cursor;
        if (page.ended) return;
        if (!page.more) await sleeper.sleep(POLL_INTERVAL_MS);
      }
    } finally {
      unwatch();
      sleeper.close();
    }
  }

  return {
    read,
    hasEnded: ({ captionId, afterId }) =>
      withinDeadline(redis, async () => {
        const record = keys.caption(captionId);
        const [status, lastId] = await redis.hmget(record, 'status', 'last_event_id');
        return isTerminalStatus(status) && !isAfter(lastId ?? BEFORE_FIRST, afterId);
      }),
    close: () => hints.close(),
  };
}

/** As Redis has it. */
interface StoredPage {
  entries: [id: string, fields: string[]][];
  hash: Record<string, string>;
}

interface Page {
  events: StreamedEvent[];
  /** The next page is there already. */
  more: boolean;
  /** Nothing will follow. */
  ended: boolean;
}

/** @throws Error when the record can't be read */
function buildPage(
  { entries, hash }: StoredPage,
  { cursor, onDamaged }: { cursor: string; onDamaged: (eventId: string) => void },
): Page {
  const record = parseRecord(hash);
  const last = { id: hash.last_event_id ?? BEFORE_FIRST, status: hash.status };
  const more = entries.length === PAGE && entries.at(-1)?.[0] !== last.id;

  const terminal = (): StreamedEvent[] =>
    record !== undefined && isTerminalStatus(last.status)
      ? [{ id: last.id, event: { type: terminalEvent[last.status], data: record } }]
      : [];

  const events: StreamedEvent[] = entries
    .filter(([id]) => id !== last.id)
    .flatMap(([id, fields]) => {
      try {
        return [{ id, event: parseEvent(fields) }];
      } catch {
        onDamaged(id);
        return [];
      }
    });
  if (record === undefined) return { events, more, ended: true };
  if (more || !isTerminalStatus(last.status)) return { events, more, ended: false };
  // The terminal event is always made from the record: while its marker stands in the stream, and afterwards.
  if (isAfter(last.id, cursor)) events.push(...terminal());
  return { events, more, ended: true };
}

/** Fields in the order in which they were written: type, data. */
function parseEvent(fields: string[]): CaptionEvent {
  const [, type, , data] = fields;
  return { type, data: JSON.parse(data ?? '{}') } as CaptionEvent;
}

function isTerminalStatus(
  status: string | null | undefined,
): status is keyof typeof terminalEvent & CaptionStatus {
  return status != null && isTerminal(status as CaptionStatus);
}

function isAfter(id: string, other: string): boolean {
  const [ms = 0n, n = 0n] = idParts(id);
  const [otherMs = 0n, otherN = 0n] = idParts(other);
  return ms > otherMs || (ms === otherMs && n > otherN);
}

function idParts(id: string): bigint[] {
  return id.split('-').map(BigInt);
}

/** Lets a reader sleep until it is woken, a time has passed, or the signal fires. */
function createSleeper(signal: AbortSignal | undefined) {
  let awake = false;
  let endSleep: (() => void) | undefined;
  const wake = () => {
    awake = true;
    endSleep?.();
  };
  signal?.addEventListener('abort', wake);
  return {
    wake,
    /** Forgets that it was woken before. */
    reset: () => {
      awake = false;
    },
    sleep: (ms: number) =>
      new Promise<void>((resolve) => {
        if (awake) return resolve();
        const timer = setTimeout(done, ms);
        function done() {
          clearTimeout(timer);
          endSleep = undefined;
          resolve();
        }
        endSleep = done;
      }),
    close: () => signal?.removeEventListener('abort', wake),
  };
}
