// The npm packages of the lock file: says whether they are installed, and installs what is missing.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { repositoryRoot } from './paths.mjs';
import { findProgram, runProgram } from './processes.mjs';
import { Refusal, say, step } from './report.mjs';

/**
 * Installs the packages of `package-lock.json` unless `node_modules` already holds exactly them.
 * @param {{ signal?: AbortSignal }} [options] breaks the installation off
 * @throws Refusal with npm's own words when it fails
 */
export async function ensurePackages({ signal } = {}) {
  const installed = await readLock(path.join('node_modules', '.package-lock.json'));
  const wanted = await readLock('package-lock.json');
  if (wanted === undefined) throw new Refusal('package-lock.json is missing: check it out again.');
  if (installed !== undefined && isSatisfied(wanted, installed)) return;

  // `npm ci` starts from nothing. Where packages exist already, only what differs is changed: that
  // takes seconds, and keeps the native addon that was built by hand for training.
  const [title, args] =
    installed === undefined
      ? ['Installing packages from package-lock.json (npm ci)', ['ci']]
      : ['Updating packages to package-lock.json (npm install)', ['install', '--no-save']];
  say(title);
  const { command, prefix } = findNpm();
  await step('Packages', async (update) => {
    const { exitCode, output } = await runProgram(
      command,
      // Development packages are wanted even under NODE_ENV=production: the build needs esbuild.
      [...prefix, ...args, '--include=dev', '--no-audit', '--no-fund'],
      { cwd: repositoryRoot, onLine: update, signal },
    );
    if (exitCode !== 0) {
      throw new Refusal(
        `npm could not install the packages (exit code ${exitCode}):\n${output}\n` +
          'Check the network and npm’s settings (a proxy or registry in ~/.npmrc), then run the command again.',
      );
    }
  });
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }} LockEntry
 * @typedef {Record<string, LockEntry>} Lock by the folder that the package lies in
 */

/**
 * @param {string} file
 * @returns {Promise<Lock | undefined>}
 */
async function readLock(file) {
  try {
    return JSON.parse(await readFile(path.join(repositoryRoot, file), 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/**
 * Every package of the lock file must be there in its version. Optional ones may be absent (they are
 * for other platforms), and so may what only an optional peer asks for.
 * @param {Lock} wanted
 * @param {Lock} installed
 */
function isSatisfied(wanted, installed) {
  return Object.entries(wanted).every(([location, entry]) => {
    if (!location.startsWith('node_modules/') && !location.includes('/node_modules/')) return true;
    const present = installed[location];
    if (present === undefined) return Boolean(entry.optional || entry.devOptional || entry.peer);
    return present.version === entry.version && present.integrity === entry.integrity;
  });
}

/** The npm that started this script, run by the same Node.js; else the one on PATH. */
function findNpm() {
  const script = process.env.npm_execpath;
  if (script?.endsWith('.js')) return { command: process.execPath, prefix: [script] };
  const program = findProgram('npm');
  if (program !== undefined) return { command: program, prefix: [] };
  throw new Refusal('npm was not found on PATH. It comes with Node.js: https://nodejs.org');
}
