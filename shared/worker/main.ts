// The frame of a worker's main.ts: settings, signals and exit codes, the same for both stages.
import type { WorkerStage } from '@caption-queue/contract/caption';
import { loadQueueTelemetry } from '@caption-queue/jobs/telemetry';
import { ConfigError, loadConfig } from '@caption-queue/runtime/config';
import { createLifecycle, endOnSignals } from '@caption-queue/runtime/lifecycle';
import { createLogger, type Logger, type LogLevel } from '@caption-queue/runtime/logger';
import { startTracing } from '@caption-queue/runtime/tracing';
import type Type from 'typebox';
import { createWorkerHost, type WorkerHost, type WorkerHostSettings } from './host.ts';

/** EX_CONFIG of sysexits.h: starting it again won't help, so whoever supervises it shouldn't. */
const EXIT_NEVER = 78;
/** Something of this moment was in the way, such as every port being taken. */
const EXIT_NOW = 1;

/** What a worker's settings must hold for this frame. */
type FrameSettings = WorkerHostSettings & {
  LOG_LEVEL: LogLevel;
  ENGINE: string;
  OTEL_EXPORTER_OTLP_ENDPOINT?: string;
  OTEL_TRACES_SAMPLER_ARG: number;
};

/**
 * Runs a worker process: reads the settings, makes the host, loads the model, works until a signal comes.
 *
 * Exits with 78 and one clear line when the settings are wrong or the model can't be loaded.
 */
export async function runWorker<S extends WorkerStage, T extends Type.TObject>(options: {
  stage: S;
  name: string;
  version: string;
  settings: Type.Static<T> extends FrameSettings ? T : never;
  /** Loads the model and starts the work; what it throws is why this worker can never work. */
  start: (context: {
    settings: Type.Static<T>;
    host: WorkerHost<S>;
    logger: Logger;
  }) => Promise<unknown>;
}): Promise<void> {
  const { stage, name, version } = options;
  const settings = readSettings<T>(options.settings);
  const logger = createLogger({ name, level: settings.LOG_LEVEL });
  const lifecycle = createLifecycle({ logger });
  endOnSignals({ lifecycle, logger });

  async function giveUp(error: unknown, exitCode: number): Promise<never> {
    logger.fatal(`${name} can't work: ${reasonOf(error)}`);
    logger.debug({ err: error });
    await lifecycle.shutdown('can’t work');
    process.exit(exitCode);
  }

  const tracing = await startTracing({ service: `caption-queue-${name}`, version, settings });
  if (tracing !== undefined) lifecycle.onShutdown('tracing', () => tracing.stop());

  const engine = settings.ENGINE;
  const host = await createWorkerHost({
    stage,
    settings,
    engine,
    version,
    logger,
    lifecycle,
    telemetry: tracing === undefined ? undefined : await loadQueueTelemetry(),
  }).catch((error: unknown) => giveUp(error, EXIT_NOW));
  try {
    await options.start({ settings, host, logger });
  } catch (error) {
    if (lifecycle.stopping) return;
    await host.refuse(reasonOf(error));
    await giveUp(error, EXIT_NEVER);
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function readSettings<T extends Type.TObject>(schema: T): Type.Static<T> & FrameSettings {
  try {
    return loadConfig(schema, process.env) as Type.Static<T> & FrameSettings;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(EXIT_NEVER);
  }
}
