// Carries the trace of whoever adds a job to the worker that takes it.
import type { Telemetry } from 'bullmq';

/** For queues and workers of a process that traces; loads it only then. */
export async function loadQueueTelemetry(): Promise<Telemetry> {
  const { BullMQOtel } = await import('bullmq-otel');
  return new BullMQOtel({ tracerName: 'caption-queue' });
}
