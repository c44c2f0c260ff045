// Another commit and this checkout, measured in turn on the same machine: only their ratio means something elsewhere.
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { repository } from '@caption-queue/test/support/repository';
import type { Row } from './table.ts';

const run = promisify(execFile);
const git = async (...args: string[]) =>
  (await run('git', ['-C', repository, ...args])).stdout.trim();

/** Each is measured so often; what is shown is the mean. */
const ROUNDS = 2;

/** Numbers that say what was measured, not how it went. */
const labels = new Set(['threads', 'beam width', 'encoder processes', 'photos']);

export type Tables = Record<string, Row[]>;

/**
 * @param commit that has `npm run bench` with the same options
 * @param args for both
 * @returns every table that both have, each number as `before → now (ratio)`
 * @throws Error when there is no such commit, or a measurement fails
 */
export async function compareWith(commit: string, args: string[]): Promise<Tables> {
  const hash = await git('rev-parse', '--verify', '--quiet', `${commit}^{commit}`).catch(() => {
    throw new Error(`There is no commit ${commit} in this repository.`);
  });
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-'));
  const other = path.join(folder, 'checkout');
  try {
    await git('worktree', 'add', '--detach', other, hash);
    const before: Tables[] = [];
    const now: Tables[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      for (const [name, root, measured] of [
        [hash.slice(0, 7), other, before],
        ['this checkout', repository, now],
      ] as const) {
        console.error(`Round ${round} of ${ROUNDS}: ${name}`);
        const out = path.join(folder, `${name}-${round}`);
        await measure(root, [...args, '--out', out]);
        measured.push(await readTables(out));
      }
    }
    const compared = compareTables(before, now);
    const leftOut = Object.keys(now[0] ?? {}).filter((title) => !(title in compared));
    if (leftOut.length > 0) {
      console.error(`Left out, since the two have other rows: ${leftOut.join('; ')}.`);
    }
    return compared;
  } finally {
    await git('worktree', 'remove', '--force', other).catch(() => undefined);
    await rm(folder, { recursive: true, force: true });
  }
}

/** Tables of several rounds, before and now. Rows belong together by their place. */
export function compareTables(before: readonly Tables[], now: readonly Tables[]): Tables {
  const [first = {}] = now;
  const alike = Object.keys(first).filter((title) =>
    [...before, ...now].every((tables) => tables[title]?.length === first[title]?.length),
  );
  return Object.fromEntries(
    alike.map((title) => [
      title,
      (first[title] as Row[]).map((row, index) =>
        Object.fromEntries(
          Object.entries(row).map(([column, value]) => {
            if (typeof value !== 'number' || labels.has(column)) return [column, value];
            const [a, b] = [before, now].map((rounds) =>
              mean(rounds.map((tables) => tables[title]?.[index]?.[column])),
            );
            return [column, changeOf(a, b)];
          }),
        ),
      ),
    ]),
  );
}

function mean(values: readonly unknown[]): number | undefined {
  const numbers = values.filter((value) => typeof value === 'number');
  return numbers.length > 0 ? numbers.reduce((a, b) => a + b, 0) / numbers.length : undefined;
}

function changeOf(before: number | undefined, now: number | undefined): string | null {
  if (before === undefined || now === undefined) return null;
  const ratio = before === 0 ? '' : ` (${(now / before).toFixed(2)})`;
  return `${brief(before)} → ${brief(now)}${ratio}`;
}

const brief = (value: number) =>
  Number.isInteger(value) || Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3);

async function measure(root: string, args: string[]): Promise<void> {
  const script = path.join(root, 'scripts/run.mjs');
  const child = spawn(process.execPath, [script, 'bench/main.ts', ...args], {
    cwd: root,
    env: { ...process.env, INIT_CWD: root },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`The bench of ${root} failed; see above.`);
}

async function readTables(folder: string): Promise<Tables> {
  const [file = ''] = await readdir(folder);
  return JSON.parse(await readFile(path.join(folder, file), 'utf8')).tables;
}
