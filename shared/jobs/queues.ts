// The queues of all stages, for whoever adds jobs or looks at them.
import type { StageJobs } from '@caption-queue/captions/context';
import type { Stage } from '@caption-queue/contract/caption';
import {
  jobPriorities,
  type StageJob,
  stageJobId,
  stageQueues,
} from '@caption-queue/contract/jobs';
import { buildKeys } from '@caption-queue/redis/keys';
import { type JobsOptions, Queue, type Telemetry } from 'bullmq';
import type { Redis } from 'ioredis';

/** Enough to look at what happened lately; records, not jobs, are the history. */
const KEEP_COMPLETED = { age: 3_600, count: 200 };
const KEEP_FAILED = { age: 24 * 3_600, count: 1_000 };
/** Between two tries of a job whose processor threw. */
const BACKOFF_MS = 500;
/** BullMQ's own event streams are only hints here. */
const QUEUE_EVENTS_MAX = 1_000;

export interface QueueCounts {
  waiting: number;
  prioritized: number;
  delayed: number;
  active: number;
}

export interface StageQueues extends StageJobs {
  counts(stage: Stage): Promise<QueueCounts>;
  /** Age of the oldest waiting job, 0 when none waits. */
  oldestWaitingMs(stage: Stage): Promise<number>;
  close(): Promise<void>;
}

/**
 * Creates the queues on a connection that the caller owns.
 *
 * BullMQ's queue is made on first use and made again when its start-up failed, because it never tries that twice.
 */
export function createStageQueues(options: {
  redis: Redis;
  prefix: string;
  telemetry?: Telemetry | undefined;
}): StageQueues {
  const { redis, prefix, telemetry } = options;
  const made = new Map<Stage, Queue<StageJob>>();

  async function queueOf(stage: Stage): Promise<Queue<StageJob>> {
    let queue = made.get(stage);
    if (queue === undefined) {
      queue = new Queue<StageJob>(stageQueues[stage].queue, {
        connection: redis,
        prefix: buildKeys(prefix).queuePrefix,
        streams: { events: { maxLen: QUEUE_EVENTS_MAX } },
        defaultJobOptions: jobOptions(stage),
        ...(telemetry === undefined ? {} : { telemetry }),
      });
      queue.on('error', () => undefined); // the connection's owner logs outages, once
      made.set(stage, queue);
    }
    try {
      await queue.waitUntilReady();
    } catch (error) {
      if (made.get(stage) === queue) made.delete(stage);
      throw error;
    }
    return queue;
  }

  return {
    async add({ stage, captionId, dispatch, priority: name }) {
      const queue = await queueOf(stage);
      const priority = jobPriorities[name];
      await queue.add(
        stage,
        { captionId, dispatch },
        {
          jobId: stageJobId(captionId, stage, dispatch),
          ...(priority === undefined ? {} : { priority }),
        },
      );
    },

    async remove({ stage, captionId, dispatch }) {
      const queue = await queueOf(stage);
      await queue.remove(stageJobId(captionId, stage, dispatch));
    },

    async isPending({ stage, captionId, dispatch }) {
      const queue = await queueOf(stage);
      const job = await queue.getJob(stageJobId(captionId, stage, dispatch));
      return job !== undefined && job.finishedOn === undefined;
    },

    async counts(stage) {
      const queue = await queueOf(stage);
      const counts = await queue.getJobCounts('waiting', 'prioritized', 'delayed', 'active');
      return {
        waiting: counts.waiting ?? 0,
        prioritized: counts.prioritized ?? 0,
        delayed: counts.delayed ?? 0,
        active: counts.active ?? 0,
      };
    },

    async oldestWaitingMs(stage) {
      const queue = await queueOf(stage);
      const waiting = await Promise.all([
        queue.getJobs(['waiting'], 0, 0, true),
        queue.getJobs(['prioritized'], 0, 0, true),
      ]);
      const ages = waiting.flat().map(({ timestamp }) => Date.now() - timestamp);
      return Math.max(0, ...ages);
    },

    async close() {
      await Promise.all([...made.values()].map((queue) => queue.close()));
      made.clear();
    },
  };
}

/**
 * Carries the trace of whoever adds a job to the worker that takes it. For queues and workers of a process that traces;
 * loads it only then.
 */
export async function loadQueueTelemetry(): Promise<Telemetry> {
  const { BullMQOtel } = await import('bullmq-otel');
  return new BullMQOtel({ tracerName: 'caption-queue' });
}

function jobOptions(stage: Stage): JobsOptions {
  return {
    attempts: stageQueues[stage].attempts,
    backoff: { type: 'fixed', delay: BACKOFF_MS },
    removeOnComplete: KEEP_COMPLETED,
    removeOnFail: KEEP_FAILED,
  };
}
