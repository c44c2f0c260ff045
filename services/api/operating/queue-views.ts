// All queues of the project as BullMQ knows them, for whoever only looks at them.
import { deliveryQueue, stageQueues } from '@caption-queue/contract/jobs';
import { withinDeadline } from '@caption-queue/redis/deadline';
import { buildKeys } from '@caption-queue/redis/keys';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

const names = [...Object.values(stageQueues).map(({ queue }) => queue), deliveryQueue.queue];

/**
 * In the order in which a caption passes them; the same at every call.
 *
 * @throws DomainError `redis_unavailable`
 */
export type OpenQueues = () => Promise<readonly Queue[]>;

/** @param options.redis of role `producer`; the caller closes it */
export function createQueueViews(options: { redis: Redis; prefix: string }): OpenQueues {
  const { redis, prefix } = options;
  let opening: Promise<readonly Queue[]> | undefined;

  async function open(): Promise<readonly Queue[]> {
    const queues = names.map(
      (name) => new Queue(name, { connection: redis, prefix: buildKeys(prefix).queuePrefix }),
    );
    for (const queue of queues) queue.on('error', () => undefined); // the connection's owner logs outages, once
    await Promise.all(queues.map((queue) => queue.waitUntilReady()));
    return queues;
  }

  return () => {
    // At the first call: Redis may be absent when the service starts, and BullMQ never tries a failed start again.
    opening ??= withinDeadline(redis, open).catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
}
