// Sets up what the tests need, and runs them all or those that were asked for.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { COUNTS_FILE } from './counts-reporter.mjs';
import { ensurePackages } from './packages.mjs';
import { repositoryRoot } from './paths.mjs';
import { runInForeground } from './processes.mjs';
import { findWayToRun } from './redis/provide.mjs';
import { Refusal, say } from './report.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */

/**
 * @param {string[]} args for vitest, e.g. `['test/shared/model', '-t', 'beam']`
 * @returns {Promise<Counts & { ok: boolean }>} `ok` is false
 *   too when no test was executed
 * @throws Refusal when something that the tests need cannot be set up
 */
export async function runTests(args) {
  await ensurePackages();
  await findWayToRun();
  const missing = await setUpTensorflow();

  const directory = mkdtempSync(path.join(tmpdir(), 'test-counts-'));
  const countsFile = path.join(directory, 'counts.json');
  const exitCode = await runInForeground(
    process.execPath,
    [
      path.join(repositoryRoot, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--reporter=default',
      '--reporter=./scripts/lib/counts-reporter.mjs',
      ...args,
    ],
    { cwd: repositoryRoot, env: { [COUNTS_FILE]: countsFile } },
  );
  const counts = readCounts(countsFile) ?? { passed: 0, failed: 1, skipped: 0 };
  rmSync(directory, { recursive: true });

  if (missing !== undefined) say(`SKIPPED: the tests that need TensorFlow. ${missing}`);
  const executed = counts.passed + counts.failed;
  if (executed === 0) say('No test was executed.');
  return { ...counts, ok: exitCode === 0 && counts.failed === 0 && executed > 0 };
}

/**
 * The one closing line: people and machines read it.
 * @param {Counts} counts
 */
export function countsLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`;
}

/** @returns why there is no TensorFlow here; CI insists on it, elsewhere its tests are skipped */
async function setUpTensorflow() {
  const script = path.join(repositoryRoot, 'scripts/setup-tensorflow.mjs');
  const exitCode = await runInForeground(process.execPath, [script]);
  if (exitCode === 0) return undefined;
  const reason = 'Its native addon could not be set up: see the lines above.';
  if (process.env.CI === 'true') throw new Refusal(reason);
  return reason;
}

/**
 * @param {string} file
 * @returns {Counts | undefined}
 */
function readCounts(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined; // vitest ended before it ran anything, and has said why.
  }
}
