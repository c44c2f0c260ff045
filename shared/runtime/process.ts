// The frame of every process: settings, logger, tracing, signals, an end in order, and exit codes. For `main.ts`.
import { ConfigError } from './config.ts';
import { createLifecycle, type Lifecycle } from './lifecycle.ts';
import { createLogger, type Logger, type LogLevel } from './logger.ts';
import { startTracing, type TracingSettings } from './tracing.ts';

/** EX_CONFIG of sysexits.h: starting it again won't help, so whoever supervises it shouldn't. */
export const EXIT_NEVER = 78;
/** Something of this moment was in the way, such as every port being taken. */
export const EXIT_NOW = 1;

/** What a process's settings must hold for this frame. */
export type ProcessSettings = TracingSettings & { LOG_LEVEL: LogLevel };

export interface ProcessContext<S> {
  settings: S;
  /** Of this release, e.g. `0.1.0`. */
  version: string;
  logger: Logger;
  /** Ends with a signal, or with an error that nobody caught. */
  lifecycle: Lifecycle;
  /** Does this process make spans? */
  tracing: boolean;
  /** Ends the process in order. @param reason for its log */
  end(reason: string, exitCode: number): Promise<never>;
}

/**
 * Runs a process until a signal comes: SIGTERM and SIGINT end it in order with 0, an error that nobody caught with 1,
 * wrong settings with 78 and one clear line.
 *
 * @param options.name of its log and, after `caption-queue-`, of its spans, e.g. `api`
 * @param options.settings reads them from the environment. @throws ConfigError
 */
export async function runProcess<S extends ProcessSettings>(options: {
  name: string;
  version: string;
  settings: (env: Record<string, string | undefined>) => S;
  start: (context: ProcessContext<S>) => Promise<void>;
}): Promise<void> {
  const { name, version, start } = options;
  const settings = readSettings(options.settings);
  const logger = createLogger({ name, level: settings.LOG_LEVEL });
  const lifecycle = createLifecycle({ logger });

  async function end(reason: string, exitCode: number): Promise<never> {
    await lifecycle.shutdown(reason);
    process.exit(exitCode);
  }
  process.on('SIGTERM', () => void end('SIGTERM', 0));
  process.on('SIGINT', () => void end('SIGINT', 0));
  process.on('uncaughtException', (err) => {
    logger.fatal({ err }, 'uncaught error');
    void end('uncaught error', EXIT_NOW);
  });
  process.on('unhandledRejection', (err) => {
    logger.fatal({ err }, 'unhandled rejection');
    void end('unhandled rejection', EXIT_NOW);
  });

  const tracing = await startTracing({ service: `caption-queue-${name}`, version, settings });
  if (tracing !== undefined) lifecycle.onShutdown('tracing', () => tracing.stop());
  await start({ settings, version, logger, lifecycle, tracing: tracing !== undefined, end });
}

function readSettings<S>(read: (env: Record<string, string | undefined>) => S): S {
  try {
    return read(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(EXIT_NEVER);
  }
}
