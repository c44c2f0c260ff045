// One pub/sub connection for a whole process: wakes the readers of a caption's events. Only a hint, never the data.
import { buildKeys } from '@caption-queue/redis/keys';
import type { Redis } from 'ioredis';

export interface EventHints {
  /** Calls `wake` when something may have been appended, also when hints may have been missed. */
  watch(captionId: string, wake: () => void): () => void;
  close(): void;
}

/** A connection that says nothing is asked this often; one that doesn't answer is then replaced. */
const PING_INTERVAL_MS = 3_000;

/** @param options.subscriber of role `subscriber`, used for nothing else; the caller closes it */
export function createEventHints(options: { subscriber: Redis; prefix: string }): EventHints {
  const { subscriber, prefix } = options;
  const keys = buildKeys(prefix);
  const watchers = new Map<string, Set<() => void>>();

  const onMessage = (channel: string) => {
    for (const wake of watchers.get(channel) ?? []) wake();
  };
  const onReady = () => {
    for (const readers of watchers.values()) for (const wake of readers) wake();
  };
  subscriber.on('message', onMessage);
  subscriber.on('ready', onReady);
  const pinging = setInterval(() => {
    if (subscriber.status === 'ready') subscriber.ping().catch(() => undefined);
  }, PING_INTERVAL_MS);
  pinging.unref();

  return {
    watch(captionId, wake) {
      const channel = keys.hint(captionId);
      const readers = watchers.get(channel) ?? new Set();
      if (readers.size === 0) {
        watchers.set(channel, readers);
        // Woken once subscribed: what was appended until then came without a hint.
        subscriber.subscribe(channel).then(
          () => onMessage(channel),
          () => undefined,
        );
      }
      readers.add(wake);
      return () => {
        readers.delete(wake);
        if (readers.size > 0 || watchers.get(channel) !== readers) return;
        watchers.delete(channel);
        subscriber.unsubscribe(channel).catch(() => undefined);
      };
    },

    close() {
      clearInterval(pinging);
      subscriber.off('message', onMessage);
      subscriber.off('ready', onReady);
      watchers.clear();
    },
  };
}
