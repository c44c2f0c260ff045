// A Python with packages of its own, made once and kept beside the other caches.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { bundleCache } from '../processes/bundle.ts';

const run = promisify(execFile);
/** Downloads may hang. */
const INSTALL_TIMEOUT_MS = 300_000;

/**
 * @param requirements exact versions, e.g. `openai==1.2.3`
 * @param what is not tested without it, for the line that says so
 * @returns the interpreter; undefined, after a line that says why, where Python or its package index is missing
 */
export async function pythonWith(
  requirements: readonly string[],
  what: string,
): Promise<string | undefined> {
  const name = createHash('sha256').update(requirements.join('\n')).digest('hex').slice(0, 16);
  const folder = path.join(bundleCache, 'caption-queue-python', name);
  const python = path.join(folder, 'bin/python');
  const complete = path.join(folder, 'complete');
  if (existsSync(complete)) return python;
  try {
    await run('python3', ['-m', 'venv', '--clear', folder]);
    const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await run(python, [...install, ...requirements], { timeout: INSTALL_TIMEOUT_MS });
    await writeFile(complete, requirements.join('\n'));
    return python;
  } catch (error) {
    const [reason] = (error as Error).message.trim().split('\n').slice(-1);
    console.warn(`SKIPPED: ${what}. Python 3 with venv and a package index is needed: ${reason}`);
    return undefined;
  }
}
