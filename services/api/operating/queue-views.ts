// All queues of the project as BullMQ knows them, for whoever only looks at them.
import { deliveryQueue, stageQueues } from '@caption-queue/contract/jobs';
import { buildKeys } from '@caption-queue/redis/keys';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

const names = [...Object.values(stageQueues).map(({ queue }) => queue), deliveryQueue.queue];

/**
 * Opens the queues on a connection that the caller owns, which must be ready: BullMQ never tries a failed start again.
 *
 * @returns in the order in which a caption passes them
 */
export async function openQueueViews(options: { redis: Redis; prefix: string }): Promise<Queue[]> {
  const { redis, prefix } = options;
  const queues = names.map(
    (name) => new Queue(name, { connection: redis, prefix: buildKeys(prefix).queuePrefix }),
  );
  for (const queue of queues) queue.on('error', () => undefined); // the connection's owner logs outages, once
  await Promise.all(queues.map((queue) => queue.waitUntilReady()));
  return queues;
}
