// Brings packages of Debian, npm and PyPI into the cache folder, unpacked and not installed.
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findProgram, runProgram } from '../lib/processes.mjs';
import { Refusal, say } from '../lib/report.mjs';

/** How many Debian packages are asked for at once. */
const BATCH = 40;

/**
 * Unpacks each Debian package that isn't yet into `<cache>/debian/<name>`.
 * @param {string} cache
 * @param {string[]} names
 * @throws {Refusal} apt-get or dpkg-deb is missing, or a package can't be had
 */
export async function fetchDebianPackages(cache, names) {
  const folder = path.join(cache, 'debian');
  const missing = names.filter((name) => !existsSync(path.join(folder, name)));
  if (missing.length === 0) return;
  for (const program of ['apt-get', 'dpkg-deb']) {
    if (!findProgram(program)) {
      throw new Refusal(`${program} is missing: the pictures come from Debian's packages.`);
    }
  }
  const downloads = path.join(cache, 'downloads');
  await mkdir(downloads, { recursive: true });
  await mkdir(folder, { recursive: true });
  for (let from = 0; from < missing.length; from += BATCH) {
    const batch = missing.slice(from, from + BATCH);
    say(`Debian packages ${from + 1} to ${from + batch.length} of ${missing.length}`);
    await run('apt-get', ['download', '-q', ...batch], {
      cwd: downloads,
      hint: 'Run apt-get update, or take the package out of scripts/gather-graphics/sources.',
    });
    for (const file of await readdir(downloads)) {
      const name = /** @type {string} */ (file.split('_')[0]);
      const part = path.join(folder, `${name}.part`);
      await rm(part, { recursive: true, force: true });
      await run('dpkg-deb', ['-x', path.join(downloads, file), part], {});
      await rename(part, path.join(folder, name));
      await rm(path.join(downloads, file));
    }
  }
}

/**
 * Installs npm packages, without running their scripts, into `<cache>/npm/node_modules`.
 * @param {string} cache
 * @param {string[]} packages with exact versions, `name@1.2.3`
 */
export async function fetchNpmPackages(cache, packages) {
  await once(path.join(cache, 'npm'), packages, async (folder) => {
    await writeFile(path.join(folder, 'package.json'), '{"private":true}');
    await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
      cwd: folder,
    });
  });
}

/**
 * Makes a Python environment with packages of PyPI in `<cache>/python`.
 * @param {string} cache
 * @param {string[]} packages with exact versions, `name==1.2.3`
 * @returns its Python
 */
export async function fetchPythonPackages(cache, packages) {
  await once(path.join(cache, 'python'), packages, async (folder) => {
    await run('python3', ['-m', 'venv', folder], { hint: 'Install python3 and python3-venv.' });
    await run(path.join(folder, 'bin/pip'), ['install', '-q', ...packages], {});
  });
  return path.join(cache, 'python/bin/python');
}

/**
 * Makes `folder` by `work`, unless it was made from the same packages before.
 * @param {string} folder
 * @param {string[]} packages
 * @param {(folder: string) => Promise<void>} work
 */
async function once(folder, packages, work) {
  const mark = path.join(folder, 'packages.txt');
  const wanted = packages.join('\n');
  if (existsSync(mark) && (await readFile(mark, 'utf8')) === wanted) return;
  await mkdir(folder, { recursive: true });
  await work(folder);
  await writeFile(mark, wanted);
}

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, hint?: string }} options
 * @throws {Refusal} with the end of its output and `hint`
 */
export async function run(program, args, { cwd, env, hint = '' }) {
  const found = findProgram(program) ?? program;
  const { exitCode, output } = await runProgram(found, args, { ...(cwd && { cwd }), env });
  if (exitCode === 0) return;
  throw new Refusal(`${program} ${args[0]} failed (${exitCode}): ${output.slice(-1500)} ${hint}`);
}
