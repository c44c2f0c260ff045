// `npm run check`: format, lint, types, dead code and tests. All of them run, so one look shows all
// that is wrong. `--no-tests` is for the hook before a push.
import './lib/node-version.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { repositoryRoot } from './lib/paths.mjs';
import { runProgram } from './lib/processes.mjs';
import { runCommand, say, step } from './lib/report.mjs';
import { countsLine, runTests } from './lib/run-tests.mjs';

const staticChecks = [
  {
    name: 'Format and lint',
    script: 'node_modules/@biomejs/biome/bin/biome',
    args: ['check', '--colors=off'],
    fix: 'npm run fix (what it leaves is for you: the lines above)',
  },
  typeCheck('Types', '.'),
  typeCheck('Types of the scripts', 'scripts'),
  typeCheck('Types of the page', 'services/api/page'),
  {
    name: 'Dead code',
    script: 'node_modules/knip/bin/knip.js',
    args: [],
    fix: 'remove what nothing uses, or export it for a use; then npm run deadcode',
  },
];

/**
 * @param {string} name
 * @param {string} project the folder of its tsconfig.json
 */
function typeCheck(name, project) {
  return {
    name,
    script: 'node_modules/typescript/bin/tsc',
    args: ['--project', project],
    fix: 'correct the lines above, then npm run types',
  };
}

/** @returns {Promise<number>} how many of the checks failed */
async function runStaticChecks() {
  let failed = 0;
  for (const { name, script, args, fix } of staticChecks) {
    const { exitCode, output } = await step(name, () =>
      runProgram(process.execPath, [script, ...args], { cwd: repositoryRoot }),
    );
    if (exitCode === 0) {
      say(`${name}: ok`);
    } else {
      failed += 1;
      say(`${output}\n${name}: FAILED. To fix it: ${fix}`);
    }
  }
  return failed;
}

await runCommand(async () => {
  await ensurePackages();
  const failedChecks = await runStaticChecks();
  const withTests = !process.argv.includes('--no-tests');
  const counts = withTests ? await runTests([]) : { passed: 0, failed: 0, skipped: 0, ok: true };
  process.exitCode = counts.ok && failedChecks === 0 ? 0 : 1;
  if (failedChecks > 0)
    say(`${failedChecks} of the ${staticChecks.length} checks before the tests failed.`);
  // The checks count like tests, so that the last line never looks better than the run was.
  counts.passed += staticChecks.length - failedChecks;
  counts.failed += failedChecks;
  console.log(countsLine(counts));
});
