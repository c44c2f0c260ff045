// Turns Ctrl-C, SIGTERM, a closed terminal and a vanished npm into one wish to stop.
import { runProgram } from '../processes.mjs';
import { say } from '../report.mjs';

/** A shell between npm and this script may keep npm's SIGTERM to itself, so this is how it arrives. */
const PARENT_POLL_MS = 250;
/** npm passes on the Ctrl-C that the terminal sends here too: one press comes twice. */
const SAME_PRESS_MS = 500;

/**
 * @returns `signal` is aborted by the first wish; `stopped` resolves then; `onImpatience` sets what a
 *   second Ctrl-C does; `fail` stops with an error while starting, and after `started()` only says it;
 *   `close` removes all handlers
 */
export async function watchForStop() {
  const npm = await findNpm();
  const controller = new AbortController();
  let abortedAt = 0;
  /** @type {Promise<void>} */
  const stopped = new Promise((resolve) => {
    controller.signal.addEventListener('abort', () => {
      abortedAt = Date.now();
      resolve();
    });
  });
  let impatience = () => {};
  let running = false;

  const onSignal = (/** @type {string} */ name) => {
    if (!controller.signal.aborted) {
      controller.abort(name);
      return;
    }
    if (Date.now() - abortedAt < SAME_PRESS_MS) return;
    say('Stopping at once.');
    impatience();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const name of signals) process.on(name, onSignal);

  const poll = setInterval(() => {
    if (npm !== undefined && !exists(npm) && !controller.signal.aborted) controller.abort('SIGHUP');
  }, PARENT_POLL_MS);

  return {
    signal: controller.signal,
    stopped,
    started: () => {
      running = true;
    },
    /** @param {() => void} action */
    onImpatience: (action) => {
      impatience = action;
    },
    /** @param {Error} error */
    fail: (error) => {
      if (running) say(`${error.message}\nThe other processes go on.`);
      else controller.abort(error);
    },
    close: () => {
      clearInterval(poll);
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

/**
 * npm that is killed with SIGKILL can pass nothing on, so its process is watched.
 * @returns {Promise<number | undefined>} the process id of the npm that runs this script, if any
 */
async function findNpm() {
  if (process.env.npm_lifecycle_event === undefined) return undefined;
  // npm runs a script through a shell, which may or may not have made way for it.
  for (let pid = process.ppid, generation = 0; pid > 1 && generation < 2; generation += 1) {
    const { output } = await runProgram('ps', ['-o', 'ppid=,command=', '-p', String(pid)]);
    const [parent, ...command] = output.trim().split(/\s+/);
    if (/(^|\/)npm(-cli\.js)?$/.test(command[0] ?? '') || /npm-cli\.js$/.test(command[1] ?? '')) {
      return pid;
    }
    pid = Number(parent);
  }
  return undefined;
}

/** @param {number} pid */
function exists(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
