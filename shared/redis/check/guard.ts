// Watches whether the Redis servers of a process can be used, from its start to its end: one line for each change.
import { setTimeout as pause } from 'node:timers/promises';
import { type Logger, printableUrl } from '@caption-queue/runtime/logger';
import { EXIT_NEVER, type ProcessContext } from '@caption-queue/runtime/process';
import type { RedisSettings } from '../settings.ts';
import { type CheckedServer, checkServer } from './server.ts';
import type { Verdict } from './verdict.ts';

/** While something is wrong, and while nothing is. */
const TROUBLED_INTERVAL_MS = 3_000;
const USABLE_INTERVAL_MS = 30_000;
/** The same trouble is told again after this long. */
const REMINDER_MS = 60_000;

export interface RedisGuard {
  /** What is wrong with the durable server and what to do about it; null while it can be used. */
  problem(): string | null;
  /** Whether it tells about itself; without that BullMQ must not ask for its version. */
  answersInfo(): boolean;
  /** Has been found usable once: from then on work may be taken. Never rejects; waits for ever if it never is. */
  readonly usable: Promise<void>;
  close(): void;
}

/** The guard of a process: a mistake in its settings ends it with one line and 78. Ends with its lifecycle. */
export async function guardRedis({
  settings,
  logger,
  lifecycle,
  end,
}: Pick<
  ProcessContext<RedisSettings>,
  'settings' | 'logger' | 'lifecycle' | 'end'
>): Promise<RedisGuard> {
  const { REDIS_URL, CACHE_REDIS_URL, REDIS_PREFIX: prefix } = settings;
  const durable: CheckedServer = {
    setting: 'REDIS_URL',
    url: REDIS_URL,
    role: 'durable',
    tls: settings,
    prefix,
  };
  const cache: CheckedServer[] =
    CACHE_REDIS_URL === undefined
      ? []
      : [
          {
            setting: 'CACHE_REDIS_URL',
            url: CACHE_REDIS_URL,
            role: 'cache',
            tls: settings,
            prefix,
          },
        ];
  const guard = await createRedisGuard({
    servers: [durable, ...cache],
    logger,
    onMistake(problem) {
      logger.fatal(problem);
      void end('Redis cannot be used as it is set', EXIT_NEVER);
    },
  });
  lifecycle.onShutdown('redis guard', () => guard.close());
  return guard;
}

/**
 * Looks at each server once, then goes on looking.
 *
 * @param options.servers the durable one first
 * @param options.onMistake what somebody has to change, found before the servers could be used for the first time
 */
export async function createRedisGuard(options: {
  servers: readonly [CheckedServer, ...CheckedServer[]];
  logger: Logger;
  onMistake: (problem: string) => void;
}): Promise<RedisGuard> {
  const { servers, logger, onMistake } = options;
  const closing = new AbortController();
  const states = servers.map((server) =>
    watchServer({ server, logger, onMistake, signal: closing.signal }),
  );
  const [durable] = states as [ServerWatch, ...ServerWatch[]];
  await Promise.all(states.map(({ looked }) => looked));
  return {
    problem: durable.problem,
    answersInfo: durable.answersInfo,
    usable: durable.usable,
    close: () => closing.abort(),
  };
}

interface ServerWatch extends Omit<RedisGuard, 'close'> {
  /** Resolves after the first look. */
  looked: Promise<void>;
}

function watchServer({
  server,
  logger,
  onMistake,
  signal,
}: {
  server: CheckedServer;
  logger: Logger;
  onMistake: (problem: string) => void;
  signal: AbortSignal;
}): ServerWatch {
  const where = { url: printableUrl(server.url) };
  let problem: string | null = null;
  let answersInfo = true;
  let wasUsable = false;
  let toldAt = Number.NEGATIVE_INFINITY;
  const told = new Set<string>();
  let resolveUsable: () => void = () => undefined;
  const usable = new Promise<void>((resolve) => {
    resolveUsable = resolve;
  });

  function note(verdict: Verdict): void {
    const before = problem;
    if (verdict.kind === 'usable') {
      problem = null;
      answersInfo = verdict.answersInfo;
      if (before !== null) logger.info(where, 'Redis can be used again');
      for (const warning of verdict.warnings) {
        if (!told.has(warning)) logger.warn(where, warning);
        told.add(warning);
      }
      wasUsable = true;
      resolveUsable();
      return;
    }
    problem = `${verdict.problem}.`;
    if (verdict.kind === 'mistake' && !wasUsable) {
      onMistake(problem);
      return;
    }
    if (problem === before && performance.now() - toldAt < REMINDER_MS) return;
    toldAt = performance.now();
    logger.warn(where, problem);
  }

  const look = async () => note(await checkServer(server));
  const looked = look();
  void (async () => {
    await looked;
    while (!signal.aborted) {
      const interval = problem === null ? USABLE_INTERVAL_MS : TROUBLED_INTERVAL_MS;
      await pause(interval, undefined, { signal, ref: false }).catch(() => undefined);
      if (!signal.aborted) await look();
    }
  })();

  return {
    looked,
    problem: () => problem,
    answersInfo: () => answersInfo,
    usable,
  };
}
