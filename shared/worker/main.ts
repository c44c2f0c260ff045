// What both workers' main.ts share: the host around the model, and the end of a worker that can't work.
import type { WorkerStage } from '@caption-queue/contract/caption';
import { guardRedis } from '@caption-queue/redis/check/guard';
import type { Logger } from '@caption-queue/runtime/logger';
import {
  EXIT_NEVER,
  EXIT_NOW,
  type ProcessSettings,
  runProcess,
} from '@caption-queue/runtime/process';
import { createWorkerHost, type WorkerHost, type WorkerHostSettings } from './host.ts';

/**
 * Runs a worker process: makes the host, loads the model, works until a signal comes.
 *
 * Exits with 78 and one clear line when the settings are wrong or the model can't be loaded.
 */
export async function runWorker<
  Stage extends WorkerStage,
  Settings extends ProcessSettings & WorkerHostSettings & { ENGINE: string },
>(options: {
  stage: Stage;
  name: string;
  version: string;
  /** Reads them from the environment. @throws ConfigError */
  settings: (env: Record<string, string | undefined>) => Settings;
  /** Loads the model and starts the work; what it throws is why this worker can never work. */
  start: (context: {
    settings: Settings;
    host: WorkerHost<Stage>;
    logger: Logger;
  }) => Promise<void>;
}): Promise<void> {
  const { stage, name, version, settings: readSettings } = options;
  await runProcess({
    name,
    version,
    settings: readSettings,
    async start({ settings, logger, lifecycle, tracing, end }) {
      async function giveUp(error: unknown, exitCode: number): Promise<never> {
        logger.fatal(`${name} can't work: ${reasonOf(error)}`);
        logger.debug({ err: error });
        return end('can’t work', exitCode);
      }

      const engine = settings.ENGINE;
      const guard = await guardRedis({ settings, logger, lifecycle, end });
      if (lifecycle.stopping) return;
      const around = { stage, settings, engine, version, logger, lifecycle, tracing, guard };
      const host = await createWorkerHost(around).catch((error) => giveUp(error, EXIT_NOW));
      try {
        await options.start({ settings, host, logger });
      } catch (error) {
        if (lifecycle.stopping) return;
        await host.refuse(reasonOf(error));
        await giveUp(error, EXIT_NEVER);
      }
    },
  });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
