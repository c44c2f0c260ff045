// Orderly shutdown: named handlers, run once, in reverse order of registration, each within a time limit.
import type { Logger } from './logger.ts';

/** Longer than a worker needs to give its work back, shorter than the 10 s after which container engines kill. */
const DEFAULT_TIMEOUT_MS = 8_000;

export interface Lifecycle {
  /** Registers what to do at shutdown. What was started last stops first. */
  onShutdown(name: string, handler: () => Promise<void> | void): void;
  /** Runs the handlers; every later call answers the first one's promise. Never rejects. */
  shutdown(reason: string): Promise<void>;
  readonly stopping: boolean;
}

/**
 * Creates the list of shutdown handlers of a process.
 *
 * @param options.timeoutMs for all handlers together; what hasn't ended by then is named in the log and left
 */
export function createLifecycle(options: { logger: Logger; timeoutMs?: number }): Lifecycle {
  const { logger, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const handlers: { name: string; handler: () => Promise<void> | void }[] = [];
  let running: Promise<void> | undefined;

  async function runAll(reason: string): Promise<void> {
    logger.info({ reason }, 'stopping');
    const deadline = Date.now() + timeoutMs;
    for (const { name, handler } of handlers.reverse()) {
      const outcome = await settle(handler, Math.max(deadline - Date.now(), 0));
      if (outcome === 'late') logger.warn({ handler: name }, 'did not stop in time');
      else if (outcome !== undefined) logger.warn({ handler: name, err: outcome }, 'stop failed');
    }
    logger.info('stopped');
  }

  return {
    onShutdown: (name, handler) => handlers.push({ name, handler }),
    shutdown(reason) {
      running ??= runAll(reason);
      return running;
    },
    get stopping() {
      return running !== undefined;
    },
  };
}

async function settle(
  handler: () => Promise<void> | void,
  limitMs: number,
): Promise<'late' | Error | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, limitMs, 'late');
  });
  try {
    const done = Promise.resolve()
      .then(handler)
      .then(() => undefined);
    return await Promise.race([done, late]);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    clearTimeout(timer);
  }
}
