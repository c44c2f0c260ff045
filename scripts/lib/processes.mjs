// Other programs: finds one, runs one to its end, in the background or in this one's place, sees whether one is alive.
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** How much of a failed program's output is kept to explain the failure. */
const KEPT_OUTPUT_CHARACTERS = 16_000;

/**
 * @param {string[]} names
 * @returns the full path of the first of `names` that is on PATH and executable, or undefined
 */
export function findProgram(...names) {
  for (const name of names) {
    for (const directory of (process.env.PATH ?? '').split(path.delimiter)) {
      const file = path.join(directory, name);
      try {
        accessSync(file, constants.X_OK);
        if (statSync(file).isFile()) return file;
      } catch {
        // Not here; look in the next directory.
      }
    }
  }
  return undefined;
}

/**
 * Runs a program to its end, without standard input.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> | undefined, onLine?: (line: string) => void,
 *   timeoutMs?: number, signal?: AbortSignal | undefined }} [options] `onLine` is called with every line of output,
 *   `timeoutMs` and `signal` end the program
 * @returns {Promise<{ exitCode: number, output: string }>} the exit code (−1 when it did not start
 *   or was killed) and the end of what it printed on stdout and stderr together
 */
export function runProgram(program, args, { cwd, env, onLine, timeoutMs, signal } = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      signal,
    });
    let output = '';
    const collect = (/** @type {Buffer} */ chunk) => {
      output = (output + chunk).slice(-KEPT_OUTPUT_CHARACTERS);
      if (onLine === undefined) return;
      for (const line of String(chunk).split(/[\r\n]+/)) if (line.trim() !== '') onLine(line);
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', (error) => resolve({ exitCode: -1, output: error.message }));
    child.once('close', (code) => resolve({ exitCode: code ?? -1, output: output.trim() }));
  });
}

/**
 * Runs a program in this one's place: same terminal, signals passed on.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string> }} [options]
 * @returns {Promise<number>} its exit code, or 128 and the number of the signal that ended it
 */
export function runInForeground(program, args, { cwd, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' });
    const passOn = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
    // A terminal sends Ctrl-C to the whole process group, so there the program has it already, and
    // this process only has to outlive it.
    const onInterrupt = process.stdin.isTTY ? () => {} : passOn;
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', passOn);
    process.on('SIGHUP', passOn);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', passOn);
      process.off('SIGHUP', passOn);
      resolve(code ?? 128 + (signal === null ? 0 : os.constants.signals[signal]));
    });
  });
}

/**
 * Whether the process `pid` runs and its command line holds `text`: a number read from an old file
 * may belong to somebody else by now.
 * @param {number} pid
 * @param {string} text
 */
export async function isRunning(pid, text) {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined);
  if (commandLine !== undefined) return commandLine.includes(text);
  const { output } = await runProgram('ps', ['-o', 'command=', '-p', String(pid)]);
  return output.includes(text);
}
