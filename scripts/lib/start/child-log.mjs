// What a child process prints: all of it into a file, warnings to the person as readable lines, and
// the last error kept to explain an exit.
import { createWriteStream, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { logDirectory, shownPath } from '../paths.mjs';
import { say } from '../report.mjs';

/**
 * What the levels of the services' JSON log lines mean to a person; the others stay in the file.
 * @type {Record<string, 'warning' | 'error' | undefined>}
 */
const shownLevels = { warn: 'warning', error: 'error', fatal: 'error' };

/** @typedef {{ level: string, msg?: string, err?: { message?: string } }} Entry of a service's log */

/** @param {string} name of the child; its log is `.data/logs/<name>.log`, the one before `.1` */
export function createChildLog(name) {
  mkdirSync(logDirectory, { recursive: true });
  const file = path.join(logDirectory, `${name}.log`);
  try {
    renameSync(file, `${file}.1`);
  } catch {
    // There was none before.
  }
  const output = createWriteStream(file);
  output.on('error', () => {}); // A full disk costs the log, not the service.
  const showAll = ['debug', 'trace'].includes(process.env.LOG_LEVEL ?? '');
  /** @type {string | undefined} */
  let lastError;
  /** @type {string | undefined} */
  let lastPlainLine;

  /** @param {string} line */
  function take(line) {
    output.write(`${line}\n`);
    const entry = parse(line);
    if (showAll) say(`[${name}] ${line}`);
    if (entry === undefined) {
      // Outside the logger: a setting that is wrong, or a crash, where the line that names the error
      // tells more than the stack below it.
      if (/^\w*Error\b/.test(line)) lastError = line;
      else if (/^\S/.test(line)) lastPlainLine = line;
      return;
    }
    const text = describe(entry);
    const level = shownLevels[entry.level];
    if (level === 'error') lastError = text;
    if (level !== undefined && !showAll) say(`[${name}] ${level}: ${text}`);
  }

  return {
    file: shownPath(file),
    /** @param {import('node:stream').Readable} stream */
    follow: (stream) => {
      createInterface({ input: stream }).on('line', take);
    },
    lastError: () => lastError ?? lastPlainLine,
    close: () => {
      output.end();
    },
  };
}

/**
 * @param {string} line
 * @returns {Entry | undefined} undefined when it is no line of the logger
 */
function parse(line) {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry = JSON.parse(line);
    return typeof entry.level === 'string' ? entry : undefined;
  } catch {
    return undefined;
  }
}

/** @param {Entry} entry */
function describe({ msg, err }) {
  const cause = err?.message;
  if (cause === undefined || msg === undefined || msg.includes(cause)) return msg ?? cause ?? '';
  return `${msg}: ${cause}`;
}
