// Runs a TypeScript file of the tests as a process of its own, so that it can be killed.
import { type ChildProcess, fork as forkProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { repository } from '../repository.ts';
import { bundle, bundleCache } from './bundle.ts';

const support = path.join(repository, 'test/support');
const output = path.join(bundleCache, 'caption-queue-tests');

export interface Fork {
  /** Waits until the process has said this, now or earlier. @throws Error when it ends without */
  said(message: string): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  /** Sends a signal and waits for the end. @returns the exit code, null when the signal ended it */
  endWith(signal: NodeJS.Signals): Promise<number | null>;
}

const bundles = new Map<string, Promise<string>>();
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/**
 * Bundles `test/support/<name>.ts` and starts it, with a channel for messages.
 *
 * @param options.env added to this process's own
 */
export async function fork(name: string, options: { env: Record<string, string> }): Promise<Fork> {
  const file = bundles.get(name) ?? bundleFile(name);
  bundles.set(name, file);
  const child = forkProcess(await file, {
    env: { ...process.env, ...options.env },
    stdio: 'inherit',
  });
  running.add(child);
  const exited = once(child, 'exit').then(([code]) => {
    running.delete(child);
    return code as number | null;
  });
  const messages = new Set<unknown>();
  child.on('message', (message) => messages.add(message));
  return {
    async said(message) {
      let ended = false;
      void exited.then(() => {
        ended = true;
      });
      while (!messages.has(message)) {
        if (ended) throw new Error(`The process ended before it said ${message}.`);
        await Promise.race([once(child, 'message'), exited]);
      }
    },
    kill: (signal) => void child.kill(signal),
    endWith(signal) {
      child.kill(signal);
      return exited;
    },
  };
}

async function bundleFile(name: string): Promise<string> {
  await mkdir(output, { recursive: true });
  const file = path.join(output, `${path.basename(name)}-${process.pid}.mjs`);
  process.once('exit', () => rmSync(file, { force: true }));
  await bundle({ entry: path.join(support, `${name}.ts`), outfile: file });
  return file;
}
