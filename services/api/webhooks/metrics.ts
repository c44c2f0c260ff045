// What operators see of webhooks.
import type { DisabledReason } from '@caption-queue/contract/webhooks';
import { Counter, Gauge, Histogram, type Registry } from '@caption-queue/runtime/metrics';

/** Seconds; an attempt is given up after 15. */
const LATENCY_BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15, 20];

export type AttemptOutcome = 'succeeded' | 'rejected' | 'unanswered' | 'refused';

export interface WebhookMetrics {
  attempted(outcome: AttemptOutcome, latencyMs: number): void;
  ended(outcome: 'succeeded' | 'failed' | 'discarded'): void;
  disabled(reason: DisabledReason): void;
}

/** @param options.countWaiting deliveries that haven't ended; undefined while Redis is away */
export function createWebhookMetrics(options: {
  registry: Registry;
  countWaiting: () => Promise<number | undefined>;
}): WebhookMetrics {
  const { registry, countWaiting } = options;
  const registers = [registry];
  const attempts = new Histogram({
    name: 'cq_webhook_attempt_seconds',
    help: 'How long a receiver took to answer, by what it answered',
    labelNames: ['outcome'],
    buckets: LATENCY_BUCKETS_SECONDS,
    registers,
  });
  const deliveries = new Counter({
    name: 'cq_webhook_deliveries_total',
    help: 'Deliveries that ended, by how',
    labelNames: ['outcome'],
    registers,
  });
  const disabled = new Counter({
    name: 'cq_webhook_disabled_total',
    help: 'Endpoints that were disabled because of how they answered',
    labelNames: ['reason'],
    registers,
  });
  new Gauge({
    name: 'cq_webhook_deliveries_waiting',
    help: 'Deliveries that have not ended; the same in every process',
    registers,
    async collect() {
      this.reset();
      const waiting = await countWaiting();
      if (waiting !== undefined) this.set(waiting);
    },
  });
  return {
    attempted: (outcome, latencyMs) => attempts.observe({ outcome }, latencyMs / 1_000),
    ended: (outcome) => deliveries.inc({ outcome }),
    disabled: (reason) => disabled.inc({ reason }),
  };
}
