// Takes the jobs of one stage: claims the caption, runs the processor, and deals with everything that can go wrong.

import { ClaimLostError, type ClaimOf } from '@caption-queue/captions/claim-outcome';
import type { WorkStore } from '@caption-queue/captions/store';
import type { Stage } from '@caption-queue/contract/caption';
import { failureCodes } from '@caption-queue/contract/errors';
import { MAX_CLAIMS, type StageJob, stageQueues } from '@caption-queue/contract/jobs';
import { isRedisTrouble } from '@caption-queue/redis/errors';
import type { Logger } from '@caption-queue/runtime/logger';
import { DelayedError, type Job, type Telemetry, WaitingError } from 'bullmq';
import type { Redis } from 'ioredis';
import { createQueueWorker } from './worker.ts';

/** How often a decoder looks again at a caption that only another bundle's decoder can finish. */
const PARK_DELAY_MS = 2_000;
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
  store: WorkStore;
  /** Of role `worker`; a second one is made from it for blocking waits. The caller closes it. */
  redis: Redis;
  prefix: string;
  /** Captions at work at the same time in this process. */
  concurrency: number;
  /** A decoder's bundle: captions pinned to another one are parked. */
  bundleHash?: string;
  /**
   * Ends the stage by a write to the store. When the signal fires it should stop, but isn't waited for: the claim is
   * settled at once, and what it still writes is refused.
   */
  process: (claim: ClaimOf<S>, signal: AbortSignal) => Promise<void>;
  /** A caption that takes longer counts as failed this time. Default: the catalogue's. */
  timeoutMs?: number;
  logger: Logger;
  observer?: StageObserver;
  telemetry?: Telemetry | undefined;
}

export interface StageWorker {
  /** Stops taking work; what is under way ends or, after `graceMs` (3 s), is given back. May be called twice. */
  stop(options?: { graceMs?: number }): Promise<void>;
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
  const { queue, attempts } = stageQueues[stage];
  const { timeoutMs = stageQueues[stage].timeoutMs } = options;
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
        await store.enqueue({
          captionId,
          stage: stage === 'fetching' ? 'encode' : 'decode',
          dispatch: outcome.dispatch,
          priority: outcome.priority,
        });
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
        worker.yieldDelayed(2 * PARK_DELAY_MS);
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
      await unlessAborted(options.process(claim, abort.signal), abort.signal);
      const workMs = Math.round(performance.now() - begin);
      logger.debug({ captionId, stage, waitedMs: claim.waitedMs, workMs }, 'done');
      return 'done';
    } catch (error) {
      if (error instanceof ClaimLostError) {
        logger.info(
          { captionId, stage, fence: claim.fence },
          'taken over, canceled, deleted or expired',
        );
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
      if (why === 'lock lost' || isRedisTrouble(error)) {
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

  const worker = createQueueWorker({
    queue,
    redis,
    prefix,
    concurrency,
    maxStalledCount: attempts,
    telemetry: options.telemetry,
    async process(job, token) {
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
  });
  worker.on('error', (error) => {
    if (isRedisTrouble(error)) return; // the guard of the connection logs that, once
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

/** Waits for the work or the signal, whichever is first, so that work that hangs can't hold a caption. */
async function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  work.catch(() => undefined); // once aborted, nobody else is left to hear of a failure
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });
  await Promise.race([work, aborted]);
}

function timedOut(timeoutMs: number): Error {
  return new Error(`took longer than ${timeoutMs / 1_000} s`);
}
