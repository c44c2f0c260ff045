// Leaves no orphan even when the supervising process is killed with SIGKILL: a second small process
// reads a pipe from it, and stops the children in order when that pipe closes.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const POLL_MS = 100;

/** @param {{ graceMs: number }} options how long a child may take after SIGTERM */
export function createWatchdog({ graceMs }) {
  const dog = spawn(process.execPath, [fileURLToPath(import.meta.url), String(graceMs)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  dog.unref();
  dog.stdin.on('error', () => {}); // Without it, only the protection against SIGKILL is lost.
  const write = (/** @type {string} */ line) => dog.stdin.write(`${line}\n`);
  return {
    /**
     * @param {number} pid
     * @param {number} stopOrder
     */
    watch: (pid, stopOrder) => write(`+ ${pid} ${stopOrder}`),
    /** @param {number} pid */
    forget: (pid) => write(`- ${pid}`),
    close: () => dog.stdin.end(),
  };
}

/** @param {number} graceMs */
async function guard(graceMs) {
  /** @type {Map<number, number>} */
  const children = new Map();
  for await (const line of createInterface({ input: process.stdin })) {
    const [sign, pid, stopOrder] = line.split(' ');
    if (sign === '+') children.set(Number(pid), Number(stopOrder));
    else children.delete(Number(pid));
  }
  const orders = [...new Set(children.values())].sort((a, b) => a - b);
  for (const order of orders) {
    const pids = [...children].filter(([, of]) => of === order).map(([pid]) => pid);
    for (const pid of pids) signalTo(pid, 'SIGTERM');
    const deadline = Date.now() + graceMs;
    while (pids.some((pid) => signalTo(pid, 0)) && Date.now() < deadline) await delay(POLL_MS);
    for (const pid of pids) signalTo(-pid, 'SIGKILL');
  }
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals | 0} signal
 * @returns whether there is such a process (or group, when negative)
 */
function signalTo(pid, signal) {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
  await guard(Number(process.argv[2]));
}
