// Keeps child processes running: starts them, restarts one that dies, and stops all in order.
/** @import { ChildProcess } from 'node:child_process' */
import { spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { say } from '../report.mjs';
import { createChildLog } from './child-log.mjs';
import { createWatchdog } from './watchdog.mjs';

/** A child says with this exit code that it can never start, e.g. because its settings are wrong. */
const EXIT_CANNOT_START = 78;
/** Waits before a restart: doubled with each death, forgotten after a minute of life. */
const FIRST_BACKOFF_MS = 500;
const LONGEST_BACKOFF_MS = 15_000;
const STABLE_AFTER_MS = 60_000;
/** How long a child may take to finish its work after SIGTERM. */
const GRACE_MS = 20_000;

/**
 * @typedef {ReturnType<typeof createSupervisor>} Supervisor
 *
 * @typedef {object} Child
 * @property {string} name
 * @property {ReturnType<typeof createChildLog>} log
 * @property {ChildProcess | undefined} process undefined while it is dead
 * @property {number} deaths without a minute of life between them
 *
 * @typedef {{ code: number | null, signal: NodeJS.Signals | null, spawnError: Error | undefined, lifeMs: number }} Death
 */

/**
 * @param {{ onCannotStart: (name: string, reason: string) => void }} options called when a child
 *   exits with code 78; it is not restarted
 */
export function createSupervisor({ onCannotStart }) {
  /** In stop order: what accepts work first, what keeps it last. */
  /** @type {Map<number, Child[]>} */
  const groups = new Map();
  const watchdog = createWatchdog({ graceMs: GRACE_MS });
  let stopping = false;

  /**
   * @param {object} options
   * @param {string} options.name in messages, and of the log file
   * @param {number} options.stopOrder children of a lower number are stopped, and gone, before the next
   * @param {string} options.command
   * @param {string[]} options.args
   * @param {Record<string, string>} [options.env] besides this process's own
   * @param {string} [options.input] for standard input
   */
  function start({ name, stopOrder, command, args, env, input }) {
    /** @type {Child} */
    const child = { name, log: createChildLog(name), process: undefined, deaths: 0 };
    groups.set(stopOrder, [...(groups.get(stopOrder) ?? []), child]);
    launch();
    return child;

    function launch() {
      const startedAt = Date.now();
      // A process group of its own: Ctrl-C reaches only this process, which then stops all in order.
      const running = spawn(command, args, {
        env: { ...process.env, ...env },
        stdio: ['pipe', 'pipe', 'pipe'],
        detached: true,
      });
      child.process = running;
      child.log.follow(running.stdout);
      child.log.follow(running.stderr);
      running.stdin.on('error', () => {}); // It died before it read; its exit tells.
      running.stdin.end(input ?? '');
      if (running.pid !== undefined) watchdog.watch(running.pid, stopOrder);
      /** @type {Error | undefined} */
      let spawnError;
      running.once('error', (error) => {
        spawnError = error;
      });
      // What it had started itself goes with it, else that would hold the pipes open.
      running.once('exit', () => killGroup(running.pid, 'SIGKILL'));
      running.once('close', (code, signal) => {
        child.process = undefined;
        if (running.pid !== undefined) watchdog.forget(running.pid);
        if (!stopping)
          void afterDeath({ code, signal, spawnError, lifeMs: Date.now() - startedAt });
      });
    }

    /** @param {Death} death */
    async function afterDeath({ code, signal, spawnError, lifeMs }) {
      const reason = spawnError?.message ?? child.log.lastError() ?? `see ${child.log.file}`;
      if (code === EXIT_CANNOT_START) {
        onCannotStart(name, reason);
        return;
      }
      child.deaths = lifeMs > STABLE_AFTER_MS ? 1 : child.deaths + 1;
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (child.deaths - 1), LONGEST_BACKOFF_MS);
      const how = signal === null ? `exit code ${code}` : signal;
      say(`[${name}] died (${how}): ${reason}. Starting it again in ${backoffMs / 1000} s.`);
      await delay(backoffMs);
      if (!stopping) launch();
    }
  }

  /** Stops every child in order; one that does not end in time is killed. */
  async function stop() {
    stopping = true;
    for (const [, children] of [...groups].sort(([a], [b]) => a - b)) {
      await Promise.all(children.map(stopChild));
    }
    watchdog.close();
  }

  /** @param {Child} child */
  async function stopChild(child) {
    const running = child.process;
    if (running?.pid === undefined) return;
    const closed = new Promise((resolve) => running.once('close', resolve));
    running.kill('SIGTERM');
    const killer = setTimeout(() => {
      say(`[${child.name}] did not stop within ${GRACE_MS / 1000} s and was killed.`);
      killGroup(running.pid, 'SIGKILL');
    }, GRACE_MS);
    await closed;
    clearTimeout(killer);
    child.log.close();
  }

  /** Ends everything at once: for the second Ctrl-C. */
  function kill() {
    stopping = true;
    for (const child of [...groups.values()].flat()) {
      if (child.process?.pid !== undefined) killGroup(child.process.pid, 'SIGKILL');
    }
  }

  return { start, stop, kill };
}

/**
 * @param {number | undefined} pid undefined when it never started
 * @param {NodeJS.Signals} signal
 */
function killGroup(pid, signal) {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}
