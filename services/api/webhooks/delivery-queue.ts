// The queue of webhook deliveries: who adds a delivery, and a worker that tries them.
import { type DeliveryJob, deliveryQueue } from '@caption-queue/contract/jobs';
import { createQueueWorker } from '@caption-queue/jobs/worker';
import { isRedisTrouble } from '@caption-queue/redis/errors';
import { buildKeys } from '@caption-queue/redis/keys';
import type { Logger } from '@caption-queue/runtime/logger';
import { DelayedError, Queue, WaitingError } from 'bullmq';
import type { Redis } from 'ioredis';

/** Between two tries of a job that failed for a reason of our own, e.g. a Redis in trouble. */
const BACKOFF_MS = 1_000;
/** Records are the history; a job that stays would only take room. */
const KEEP_NONE = true;
/** What is under way may still end in this time when the worker stops; then it is given back. */
const STOP_GRACE_MS = 3_000;

export interface DeliveryQueue {
  /** Adding the same round of a delivery twice is harmless. */
  add(job: DeliveryJob): Promise<void>;
  close(): Promise<void>;
}

/** @param options.redis of role `worker`; the caller closes it */
export function createDeliveryQueue(options: { redis: Redis; prefix: string }): DeliveryQueue {
  const queue = new Queue<DeliveryJob>(deliveryQueue.queue, {
    connection: options.redis,
    prefix: buildKeys(options.prefix).queuePrefix,
    defaultJobOptions: {
      attempts: deliveryQueue.attempts,
      backoff: { type: 'fixed', delay: BACKOFF_MS },
      removeOnComplete: KEEP_NONE,
      removeOnFail: KEEP_NONE,
    },
  });
  queue.on('error', () => undefined); // the connection's owner logs outages, once
  return {
    async add(job) {
      await queue.add('deliver', job, { jobId: `${job.deliveryId}-${job.round}` });
    },
    close: () => queue.close(),
  };
}

/** What a job's processor decides: it is over, or it has to come back after a while. */
export type DeliveryOutcome = { kind: 'over' } | { kind: 'later'; delayMs: number };

export interface DeliveryWorker {
  /** Stops taking jobs; what is under way ends within three seconds or is given back. May be called twice. */
  stop(): Promise<void>;
}

/**
 * Starts taking jobs at once.
 *
 * @param options.redis of role `worker`; the caller closes it
 * @param options.concurrency attempts at a time in this process; each only waits for someone's answer
 * @param options.process stops when the signal fires, with the signal's reason
 */
export function createDeliveryWorker(options: {
  redis: Redis;
  prefix: string;
  concurrency: number;
  process: (job: DeliveryJob, signal: AbortSignal) => Promise<DeliveryOutcome>;
  logger: Logger;
}): DeliveryWorker {
  const { redis, prefix, concurrency, process, logger } = options;
  const stopping = new AbortController();
  let stopped: Promise<void> | undefined;

  const worker = createQueueWorker<DeliveryJob>({
    queue: deliveryQueue.queue,
    redis,
    prefix,
    concurrency,
    maxStalledCount: deliveryQueue.attempts,
    async process(job, token) {
      let outcome: DeliveryOutcome;
      try {
        outcome = await process(job.data, stopping.signal);
      } catch (error) {
        if (stopping.signal.aborted) {
          await job.moveToWait(token);
          throw new WaitingError();
        }
        throw error;
      }
      if (outcome.kind === 'over') return;
      await job.moveToDelayed(Date.now() + outcome.delayMs, token);
      throw new DelayedError();
    },
  });
  worker.on('error', (error) => {
    if (!isRedisTrouble(error)) logger.warn({ reason: error.message }, 'delivery queue error');
  });
  worker.on('failed', (job, error) => {
    const { deliveryId } = job?.data ?? {};
    logger.warn({ deliveryId, reason: error.message }, 'a delivery could not be worked on');
  });

  async function stop(): Promise<void> {
    const hopeless = redis.status !== 'ready';
    const timer = setTimeout(() => stopping.abort(), hopeless ? 0 : STOP_GRACE_MS);
    try {
      await worker.close(hopeless);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    stop() {
      stopped ??= stop();
      return stopped;
    },
  };
}
