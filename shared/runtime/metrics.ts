// The Prometheus registry of a process.
import { collectDefaultMetrics, Registry } from 'prom-client';

export { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Seconds; from a cache hit (milliseconds) to a caption that waited in a full queue (minutes). */
export const DURATION_BUCKETS_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300,
];

/**
 * Creates a registry with Node's own metrics (memory, event loop lag, garbage collection).
 *
 * @param options.service label `service` on every metric, e.g. `api`
 */
export function createRegistry(options: { service: string }): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service });
  collectDefaultMetrics({ register: registry });
  return registry;
}
