// BullMQ's worker with the settings that were measured for recovering soon from dead workers and a dead Redis.
import type { StageJob } from '@caption-queue/contract/jobs';
import { isConnectionError } from '@caption-queue/redis/errors';
import { buildKeys } from '@caption-queue/redis/keys';
import { type Job, type Processor, type Telemetry, Worker } from 'bullmq';
import type { Redis } from 'ioredis';

/** A dead worker's job is noticed after at most the lock's duration and one check: 9 s of the promised 15. */
const LOCK_DURATION_MS = 6_000;
const STALLED_INTERVAL_MS = 3_000;
/** Below the socket timeout of 8 s, so that waiting for work never looks like a dead connection. */
const LONGEST_BLOCK_SECONDS = 5;
/** BullMQ's 15 s would break the promise to resume within ten. */
const RUN_RETRY_DELAY_MS = 1_000;
/** After an answer that no waiting for a connection would change, such as a replica's: BullMQ asks again at once. */
const TROUBLE_DELAY_MS = 1_000;
/** How much longer than others a worker waits that yields. */
const YIELD_SECONDS = 0.25;

export class QueueWorker<Data = StageJob> extends Worker<Data> {
  #yieldsUntilMs = 0;

  override get maximumBlockTimeout(): number {
    return LONGEST_BLOCK_SECONDS;
  }

  /**
   * Lets other workers be first at delayed jobs for a while. All idle workers wake for one at the same moment, and
   * the one that has just delayed it would win again and again.
   */
  yieldDelayed(durationMs: number): void {
    this.#yieldsUntilMs = Date.now() + durationMs;
  }

  protected override async moveToActive(token: string, name?: string): Promise<Job<Data>> {
    try {
      return await super.moveToActive(token, name);
    } catch (error) {
      if (!isConnectionError(error)) await this.delay(TROUBLE_DELAY_MS);
      throw error;
    }
  }

  protected override getBlockTimeout(blockUntil: number): number {
    const seconds = super.getBlockTimeout(blockUntil);
    const yields = blockUntil > 0 && Date.now() < this.#yieldsUntilMs;
    return yields ? seconds + YIELD_SECONDS : seconds;
  }
}

/** Starts taking jobs at once. @param options.redis of role `worker`; a second one is made from it for waiting */
export function createQueueWorker<Data = StageJob>(options: {
  queue: string;
  redis: Redis;
  prefix: string;
  concurrency: number;
  maxStalledCount: number;
  telemetry?: Telemetry | undefined;
  process: Processor<Data>;
}): QueueWorker<Data> {
  const { queue, redis, prefix, concurrency, maxStalledCount, telemetry, process } = options;
  return new QueueWorker<Data>(queue, process, {
    connection: redis,
    prefix: buildKeys(prefix).queuePrefix,
    concurrency,
    maxStalledCount,
    lockDuration: LOCK_DURATION_MS,
    stalledInterval: STALLED_INTERVAL_MS,
    drainDelay: LONGEST_BLOCK_SECONDS,
    runRetryDelay: RUN_RETRY_DELAY_MS,
    ...(telemetry === undefined ? {} : { telemetry }),
  });
}
