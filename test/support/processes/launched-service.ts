// A process of the service that may never become ready: what it prints, how it ends, what it costs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../redis/redis.ts';
import { repository } from '../repository.ts';
import type { ServiceName } from './service-process.ts';
import { watchOver } from './watch-over.ts';

export interface LaunchedService {
  readonly pid: number;
  readonly url: string;
  output(): string;
  lines(): string[];
  tell(signal: NodeJS.Signals): void;
  /** Waits until it has ended. @returns undefined when it hasn't by then */
  exitCode(withinMs: number): Promise<number | null | undefined>;
  /** Lets it run for a while. @throws Error when it ends */
  watch(durationMs: number): Promise<void>;
  /** Waits until `/readyz` answers 200, or for the API any word but of Redis. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

const READY_TIMEOUT_MS = 45_000;

export async function launchService(
  name: ServiceName,
  env: Record<string, string>,
): Promise<LaunchedService> {
  const port = String(await freePort());
  const child = spawn(process.execPath, [path.join(repository, 'services', name, 'dist/main.js')], {
    env: { PATH: process.env.PATH, PORT: port, METRICS_PORT: port, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const watchdog = watchOver(child);
  const ended = once(child, 'exit');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const url = `http://127.0.0.1:${port}`;
  const service: LaunchedService = {
    pid: child.pid as number,
    url,
    output: () => output,
    lines: () => output.split('\n').filter((line) => line !== ''),
    tell: (signal) => void child.kill(signal),
    async exitCode(withinMs) {
      await Promise.race([ended, delay(withinMs)]);
      return child.exitCode ?? undefined;
    },
    async watch(durationMs) {
      if ((await service.exitCode(durationMs)) !== undefined) {
        throw new Error(`${name} ended with ${child.exitCode}: ${output}`);
      }
    },
    async ready() {
      const until = performance.now() + READY_TIMEOUT_MS;
      while (performance.now() < until) {
        const answer = await fetch(`${url}/readyz`).catch(() => undefined);
        if (answer?.status === 200) return;
        await delay(100);
      }
      throw new Error(`${name} was never ready: ${output}`);
    },
    async stop() {
      child.kill('SIGKILL');
      await ended;
      watchdog.kill('SIGKILL');
    },
  };
  return service;
}
