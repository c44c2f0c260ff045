// Queue metrics for Prometheus: what a worker did, and what waits in each queue.
import type { Stage } from '@caption-queue/contract/caption';
import {
  Counter,
  DURATION_BUCKETS_SECONDS,
  Gauge,
  Histogram,
  type Registry,
} from '@caption-queue/runtime/metrics';
import type { QueueCounts, StageQueues } from './queues.ts';
import type { StageObserver } from './stage-worker.ts';

const stages: readonly Stage[] = ['fetching', 'encode', 'decode'];
/** A scrape must not hang on a dead Redis. */
const SCRAPE_TIMEOUT_MS = 1_000;

/**
 * Registers depth and age of the stages' queues, read when scraped. Every process reports the same numbers: take the
 * maximum over them, not the sum.
 */
export function registerQueueMetrics(options: {
  registry: Registry;
  queues: StageQueues;
  /** Is Redis there? Else the numbers are left out. */
  isReady: () => boolean;
}): void {
  const { registry, queues, isReady } = options;
  const registers = [registry];

  new Gauge({
    name: 'cq_queue_depth',
    help: 'Captions in a stage’s queue, by the state of their job',
    labelNames: ['stage', 'state'],
    registers,
    async collect() {
      this.reset();
      for (const stage of stages) {
        const counts = await whenReady(isReady, () => queues.counts(stage));
        for (const [state, count] of Object.entries(counts ?? ({} as QueueCounts))) {
          this.set({ stage, state }, count);
        }
      }
    },
  });

  new Gauge({
    name: 'cq_queue_oldest_seconds',
    help: 'How long the caption that waits longest has waited',
    labelNames: ['stage'],
    registers,
    async collect() {
      this.reset();
      for (const stage of stages) {
        const ageMs = await whenReady(isReady, () => queues.oldestWaitingMs(stage));
        if (ageMs !== undefined) this.set({ stage }, ageMs / 1_000);
      }
    },
  });
}

async function whenReady<T>(
  isReady: () => boolean,
  read: () => Promise<T>,
): Promise<T | undefined> {
  if (!isReady()) return undefined;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, SCRAPE_TIMEOUT_MS, undefined);
  });
  try {
    return await Promise.race([read().catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Registers what every stage worker counts, and answers the observer that counts it. */
export function createStageMetrics(options: { registry: Registry; stage: Stage }): StageObserver {
  const { registry, stage } = options;
  const registers = [registry];
  const ended = new Counter({
    name: 'cq_stage_jobs_total',
    help: 'Jobs taken, by what became of them',
    labelNames: ['stage', 'outcome'],
    registers,
  });
  const waited = new Histogram({
    name: 'cq_stage_wait_seconds',
    help: 'How long a caption waited in the stage’s queue',
    labelNames: ['stage'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  const worked = new Histogram({
    name: 'cq_stage_work_seconds',
    help: 'How long the stage worked on a caption',
    labelNames: ['stage'],
    buckets: DURATION_BUCKETS_SECONDS,
    registers,
  });
  return {
    claimed: ({ waitedMs }) => waited.observe({ stage }, waitedMs / 1_000),
    ended(outcome, workMs) {
      ended.inc({ stage, outcome });
      if (outcome === 'done') worked.observe({ stage }, workMs / 1_000);
    },
  };
}
