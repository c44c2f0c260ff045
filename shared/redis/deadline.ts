// Calls to Redis that a request waits for: refused at once while Redis is away, given up after a deadline.
import { DomainError } from '@caption-queue/contract/errors';
import type { Redis } from 'ioredis';
import { isRedisTrouble } from './errors.ts';

/** With the time to write the answer, a request is over in under 2.5 s. */
export const REQUEST_DEADLINE_MS = 2_200;
const RETRY_AFTER_SECONDS = 5;

/**
 * Runs a call to Redis within a deadline. A call that was given up may still take effect later.
 *
 * @throws DomainError `redis_unavailable` when the connection isn't ready or fails, the server is in trouble, or it is
 *   too slow; the call's other errors as they are
 */
export async function withinDeadline<T>(redis: Redis, call: () => Promise<T>): Promise<T> {
  if (redis.status !== 'ready') throw unavailable();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(unavailable()), REQUEST_DEADLINE_MS);
  });
  const answer = call();
  answer.catch(() => undefined); // when the deadline wins, nobody else is left to hear of a failure
  try {
    return await Promise.race([answer, late]);
  } catch (error) {
    throw isRedisTrouble(error) ? unavailable(error) : error;
  } finally {
    clearTimeout(timer);
  }
}

/** The same store, with `withinDeadline` around each of its calls. */
export function withDeadlines<Store extends object>(redis: Redis, store: Store): Store {
  const bounded: Record<string, unknown> = {};
  for (const [name, call] of Object.entries(store)) {
    bounded[name] = (...args: unknown[]) => withinDeadline(redis, () => call(...args));
  }
  return bounded as Store;
}

function unavailable(cause?: unknown): DomainError {
  return new DomainError(
    'redis_unavailable',
    'The queue’s Redis does not answer. Try again in a few seconds.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS, cause },
  );
}
