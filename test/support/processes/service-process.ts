// One process of the service as people start it: the built entry, with everything that a test may do to it.
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter, once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../redis/redis.ts';
import { repository } from '../repository.ts';
import { watchOver } from './watch-over.ts';

const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 20;

export type ServiceName = 'api' | 'encoder-worker' | 'decoder-worker';

export interface ServiceProcess {
  readonly name: ServiceName;
  /** Another one after a restart. */
  readonly pid: number;
  /** Of the API or of a worker's metrics server; the same after a restart. */
  readonly url: string;
  signal(signal: NodeJS.Signals): void;
  /** Ends it with SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
  /** Asks it to end and waits until it has. @returns its exit code */
  terminate(): Promise<number | null>;
  /** Waits until it is gone, for whatever reason. */
  ended(): Promise<void>;
  /** Starts it again after its end. Ready as at first. */
  restart(): Promise<void>;
  /** Waits until it has printed this, now or earlier. @throws Error when it doesn't within 60 s */
  printed(text: string): Promise<void>;
  /** Everything it printed, over all restarts. */
  output(): string;
}

export interface ServiceOptions {
  env: Record<string, string>;
  /** Path of the bundle. Default: the one that `npm run build` makes. */
  entry?: string | undefined;
  /** Where it is noted as soon as it runs, so that it is ended even if it never gets ready. */
  running: ServiceProcess[];
  /** Without a Redis it never is. Default true. */
  untilReady?: boolean;
}

/** Starts one and waits until it is alive (the API, which is ready once there are workers) or ready (workers). */
export async function startService(
  name: ServiceName,
  options: ServiceOptions,
): Promise<ServiceProcess> {
  const { env, running, untilReady = true } = options;
  const { entry = path.join(repository, 'services', name, 'dist/main.js') } = options;
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const output: string[] = [];
  const printing = new EventEmitter().setMaxListeners(0);
  let child: ChildProcess;
  let watchdog: ChildProcess | undefined;

  async function launch(): Promise<void> {
    child = spawn(process.execPath, [entry], {
      env: { ...process.env, PORT: String(port), METRICS_PORT: String(port), ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    watchdog = watchOver(child);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        output.push(chunk.toString());
        printing.emit('more');
      });
    }
  }

  async function ready(): Promise<void> {
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`${name} ended with ${code}: ${service.output()}`);
    });
    ended.catch(() => undefined);
    const route = untilReady && name !== 'api' ? 'readyz' : 'livez';
    await Promise.race([untilOk(`${url}/${route}`), ended]);
  }

  async function endBy(signal: NodeJS.Signals): Promise<number | null> {
    if (!hasEnded(child)) {
      const exited = once(child, 'exit');
      child.kill(signal);
      await exited;
    }
    watchdog?.kill('SIGKILL');
    return child.exitCode;
  }

  const service: ServiceProcess = {
    name,
    get pid() {
      return child.pid as number;
    },
    url,
    signal: (signal) => void child.kill(signal),
    async kill() {
      await endBy('SIGKILL');
    },
    terminate: () => endBy('SIGTERM'),
    async ended() {
      if (!hasEnded(child)) await once(child, 'exit');
    },
    async restart() {
      await launch();
      await ready();
    },
    async printed(text) {
      const signal = AbortSignal.timeout(READY_TIMEOUT_MS);
      while (!service.output().includes(text)) await once(printing, 'more', { signal });
    },
    output: () => output.join(''),
  };
  await launch();
  running.push(service);
  await ready();
  return service;
}

/** Waits for a 2xx. @throws Error with the last answer when there is none within 60 s */
export async function untilOk(url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  let last = 'no answer';
  while (Date.now() < deadline) {
    try {
      const response = await fetch(url);
      if (response.ok) return;
      last = await response.text();
    } catch (error) {
      last = String(error);
    }
    await delay(POLL_MS);
  }
  throw new Error(`${url} is not ready after ${READY_TIMEOUT_MS / 1000} s: ${last}`);
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
