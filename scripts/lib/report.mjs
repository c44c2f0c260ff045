// What the scripts say to a person. All of it goes to stderr, so stdout stays free for results.

/** A step that takes longer than this shows that it is still going. */
const QUIET_MS = 2_000;
/** How often it does so: in place on a terminal, as a new line in a log. */
const TERMINAL_TICK_MS = 250;
const LOG_TICK_MS = 10_000;

/** A failure that the user can do something about; its message is printed without a stack trace. */
export class Refusal extends Error {
  /**
   * @param {string} message what happened, to what, and what to do next
   * @param {{ exitCode?: number }} [options] default 1
   */
  constructor(message, { exitCode = 1 } = {}) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** @param {string} line */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs `work` and shows its progress when it takes longer than two seconds.
 * @param {string} title what is being done, e.g. `Installing packages`
 * @param {(update: (detail: string) => void) => Promise<T>} work may report details as it goes
 * @returns {Promise<T>}
 * @template T
 */
export async function step(title, work) {
  const startedAt = Date.now();
  const elapsed = () => `${((Date.now() - startedAt) / 1000).toFixed(0)} s`;
  const terminal = process.stderr.isTTY === true;
  let detail = '';
  let shown = false;
  /** @type {NodeJS.Timeout | undefined} */
  let ticker;
  const show = () => {
    const line = `${title} … ${elapsed()}${detail === '' ? '' : `, ${detail}`}`;
    if (terminal) {
      process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
    } else {
      say(line);
    }
    shown = true;
  };
  const patience = setTimeout(() => {
    show();
    ticker = setInterval(show, terminal ? TERMINAL_TICK_MS : LOG_TICK_MS);
  }, QUIET_MS);
  try {
    const result = await work((text) => {
      detail = text.trim();
    });
    finish();
    if (shown) say(`${title}: done in ${elapsed()}`);
    return result;
  } catch (error) {
    finish();
    throw error;
  }

  function finish() {
    clearTimeout(patience);
    clearInterval(ticker);
    if (terminal && shown) process.stderr.write('\r\x1b[K');
  }
}

/**
 * Runs a command's main function; what goes wrong is one clear line and an exit code.
 * @param {() => Promise<void>} main
 */
export async function runCommand(main) {
  try {
    await main();
  } catch (error) {
    const debug = process.env.LOG_LEVEL === 'debug' || process.env.LOG_LEVEL === 'trace';
    if (error instanceof Error) say(debug ? (error.stack ?? error.message) : error.message);
    else say(String(error));
    process.exitCode = error instanceof Refusal ? error.exitCode : 1;
  }
}
