// Takes the jobs of one stage: claims the caption, runs the processor, and deals with everything that can go wrong.
import type { Stage } from '@caption-queue/contract/caption';
import { MAX_CLAIMS, type StageJob, stageQueues } from '@caption-queue/contract/jobs';
import { buildKeys } from '@caption-queue/contract/keys';
import { failureCodes } from '@caption-queue/contract/problems';
import type { Logger } from '@caption-queue/runtime/logger';
import { DelayedError, type Job, WaitingError, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { CaptionStore } from './caption-store.ts';
import { ClaimLostError, type ClaimOf } from './claim.ts';
import { isConnectionError } from './connection-error.ts';

/** A dead worker's job is noticed after at most the lock's duration and one check: 9 s of the promised 15. */
const LOCK_DURATION_MS = 6_000;
const STALLED_INTERVAL_MS = 3_000;
/** Below the socket timeout of 8 s, so that waiting for work never looks like a dead connection. */
const LONGEST_BLOCK_SECONDS = 5;
/** BullMQ's 15 s would break the promise to resume within ten. */
const RUN_RETRY_DELAY_MS = 1_000;
/** How often a decoder looks again at a caption that only another bundle's decoder can finish. */
const PARK_DELAY_MS = 2_000;
/** All idle workers wake for a parked caption at once; the one that parked it waits this much longer. */
const YIELD_SECONDS = 0.25;
/** What is under way may still end in this time when the worker stops; then it is given back. */
const DEFAULT_STOP_GRACE_MS = 3_000;

export type StageOutcome = 'done' | 'retry' | 'failed' | 'released' | 'lost' | 'parked' | 'skipped';

export interface StageObserver {
  claimed?(claim: { waitedMs: number }): void;
  ended?(outcome: StageOutcome, workMs: number): void;
  failed?(error: Error): void;
}

export interface StageWorkerOptions<S extends Stage> {
  stage: S;
  store: CaptionStore;
  /** Of role `worker`; a second one is made from it for blocking waits. The caller closes it. */
  redis: Redis;
  prefix: string;
  /** Captions at work at the same time in this process. */
  concurrency: number;
  /** A decoder's bundle: captions pinned to another one are parked. */
  bundleHash?: string;
  /** Ends the stage by a write to the store. Must stop soon after the signal fires; what it threw is then ignored. */
  process: (claim: ClaimOf<S>, signal: AbortSignal) => Promise<void>;
  logger: Logger;
  observer?: StageObserver;
}

export interface StageWorker {
  /** Stops taking work; what is under way ends or, after `graceMs` (3 s), is given back. May be called twice. */
  stop(options?: { graceMs?: number }): Promise<void>;
}

class BriefBlockingWorker extends Worker<StageJob> {
  #yieldsUntilMs = 0;

  override get maximumBlockTimeout(): number {
    return LONGEST_BLOCK_SECONDS;
  }

  /** Lets other workers be first at the delayed jobs that this one has just parked. */
  yieldParked(): void {
    this.#yieldsUntilMs = Date.now() + 2 * PARK_DELAY_MS;
  }

  protected override getBlockTimeout(blockUntil: number): number {
    const seconds = super.getBlockTimeout(blockUntil);
    const yields = blockUntil > 0 && Date.now() < this.#yieldsUntilMs;
    return yields ? seconds + YIELD_SECONDS : seconds;
  }
}

/** Why work under way was aborted: the signal's reason. */
class WorkAborted extends Error {
  readonly why: 'stopping' | 'timeout' | 'lock lost';

  constructor(why: WorkAborted['why']) {
    super(why);
    this.name = 'WorkAborted';
    this.why = why;
  }
}

/** Starts taking jobs at once. */
export function createStageWorker<S extends Stage>(options: StageWorkerOptions<S>): StageWorker {
  const { stage, store, redis, prefix, concurrency, bundleHash, logger, observer } = options;
  const { queue, attempts, timeoutMs } = stageQueues[stage];
  const underWay = new Map<string, AbortController>();
  let stopped: Promise<void> | undefined;

  async function handle(job: Job<StageJob>, token: string | undefined): Promise<StageOutcome> {
    const { captionId, dispatch } = job.data;
    const outcome = await store.claim({
      captionId,
      stage,
      dispatch,
      ...(bundleHash === undefined ? {} : { bundleHash }),
    });
    switch (outcome.kind) {
      case 'claimed':
        observer?.claimed?.(outcome.claim);
        return work(job, token, outcome.claim);
      case 'handed-over':
        await store.enqueue({ captionId, stage: 'decode', dispatch: outcome.dispatch });
        return 'skipped';
      case 'features-lost':
        await store.restart({ captionId, dispatch });
        return 'skipped';
      case 'other-bundle':
        if (outcome.first) {
          const { bundleHash: needed } = outcome;
          logger.warn({ captionId, needed, own: bundleHash }, 'parked: needs another bundle');
        }
        await job.moveToDelayed(Date.now() + PARK_DELAY_MS, token);
        worker.yieldParked();
        return 'parked';
      case 'exhausted':
      case 'pixels-lost':
        logger.error({ captionId, stage, reason: outcome.kind }, 'failed: it can’t be tried again');
        return 'failed';
      default:
        logger.debug({ captionId, stage, dispatch, reason: outcome.kind }, 'nothing to do');
        return 'skipped';
    }
  }

  async function work(
    job: Job<StageJob>,
    token: string | undefined,
    claim: ClaimOf<S>,
  ): Promise<StageOutcome> {
    const { captionId } = claim;
    const abort = new AbortController();
    const jobId = job.id ?? captionId;
    underWay.set(jobId, abort);
    const timer = setTimeout(() => abort.abort(new WorkAborted('timeout')), timeoutMs);
    try {
      const begin = performance.now();
      await options.process(claim, abort.signal);
      const workMs = Math.round(performance.now() - begin);
      logger.debug({ captionId, stage, waitedMs: claim.waitedMs, workMs }, 'done');
      return 'done';
    } catch (error) {
      if (error instanceof ClaimLostError) {
        logger.info({ captionId, stage, fence: claim.fence }, 'another worker took over');
        return 'lost';
      }
      const aborted: unknown = abort.signal.reason;
      const why = aborted instanceof WorkAborted ? aborted.why : undefined;
      if (why === 'stopping') {
        await store.release(claim);
        await job.moveToWait(token);
        logger.info({ captionId, stage }, 'given back: this worker stops');
        return 'released';
      }
      if (why === 'lock lost' || isConnectionError(error)) {
        await store.release(claim);
        logger.warn({ captionId, stage }, 'given back: Redis was lost for too long');
        throw error;
      }
      return await failedAttempt(claim, why === 'timeout' ? timedOut(timeoutMs) : error);
    } finally {
      clearTimeout(timer);
      underWay.delete(jobId);
    }
  }

  async function failedAttempt(claim: ClaimOf<S>, cause: unknown): Promise<StageOutcome> {
    const error = cause instanceof Error ? cause : new Error(String(cause));
    const { captionId, claims } = claim;
    observer?.failed?.(error);
    if (claims < MAX_CLAIMS) {
      logger.warn(
        { captionId, stage, claims, reason: error.message },
        'failed; will be tried again',
      );
      throw error;
    }
    logger.error({ captionId, stage, err: error }, 'failed for the last time');
    await store.fail({
      claim,
      error: { code: 'stage_failed', detail: failureCodes.stage_failed },
    });
    return 'failed';
  }

  const worker = new BriefBlockingWorker(
    queue,
    async (job, token) => {
      const begin = performance.now();
      let outcome: StageOutcome = 'retry';
      try {
        outcome = await handle(job, token);
      } finally {
        observer?.ended?.(outcome, performance.now() - begin);
      }
      // BullMQ learns by these errors that the job was moved elsewhere.
      if (outcome === 'parked') throw new DelayedError();
      if (outcome === 'released') throw new WaitingError();
      return outcome;
    },
    {
      connection: redis,
      prefix: buildKeys(prefix).queuePrefix,
      concurrency,
      lockDuration: LOCK_DURATION_MS,
      stalledInterval: STALLED_INTERVAL_MS,
      maxStalledCount: attempts,
      drainDelay: LONGEST_BLOCK_SECONDS,
      runRetryDelay: RUN_RETRY_DELAY_MS,
    },
  );
  worker.on('error', (error) => {
    if (isConnectionError(error)) return; // the connection's owner logs outages, once
    logger.warn({ stage, reason: error.message }, 'queue error');
  });
  worker.on('lockRenewalFailed', (jobIds) => {
    for (const jobId of jobIds) underWay.get(jobId)?.abort(new WorkAborted('lock lost'));
  });

  function abortAll(): void {
    for (const abort of underWay.values()) abort.abort(new WorkAborted('stopping'));
  }

  async function stop(graceMs: number): Promise<void> {
    // Without Redis nothing can be given back or ended: whoever notices the lost locks takes over.
    const hopeless = redis.status !== 'ready';
    const timer = setTimeout(abortAll, hopeless ? 0 : graceMs);
    try {
      await worker.close(hopeless);
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    stop({ graceMs = DEFAULT_STOP_GRACE_MS } = {}) {
      stopped ??= stop(graceMs);
      return stopped;
    },
  };
}

function timedOut(timeoutMs: number): Error {
  return new Error(`took longer than ${timeoutMs / 1_000} s`);
}
