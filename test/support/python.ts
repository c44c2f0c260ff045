// A Python of a test's own, with packages from the package index.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Makes a virtual environment and installs packages into it.
 *
 * @param folder for the environment; need not exist
 * @returns the interpreter; undefined, and said loudly, where Python or the package index is missing
 */
export async function setUpPython(
  folder: string,
  packages: readonly string[],
): Promise<string | undefined> {
  const python = path.join(folder, 'bin/python');
  try {
    await run('python3', ['-m', 'venv', folder]);
    const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
    await run(python, [...pip, '--retries', '1', '--timeout', '10', ...packages]);
    return python;
  } catch (error) {
    const [reason] = String(error).split('\n');
    console.warn(`SKIPPED: Python with ${packages.join(', ')}. ${reason}`);
    return undefined;
  }
}
