// `npm run check`: format, lint, types, dead code, Redis scripts and tests. All of them run, so one look shows all
// that is wrong. `--no-tests` is for the hook before a push.
import './lib/node-version.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { repositoryRoot } from './lib/paths.mjs';
import { findProgram, runProgram } from './lib/processes.mjs';
import { runCommand, say, step } from './lib/report.mjs';
import { countsLine, runTests } from './lib/run-tests.mjs';

/**
 * Each runs a `script` by this Node.js, or a `program` where that is on the path.
 *
 * @type {{ name: string, program?: string, script?: string, args: string[], fix: string }[]}
 */
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
  {
    name: 'Redis scripts',
    program: 'luacheck',
    args: ['--quiet', '--no-color', 'shared', 'services'],
    fix: 'correct the lines above; what files include is listed in .luacheckrc',
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

/** @returns {Promise<{ passed: number, failed: number }>} how many of the checks did */
async function runStaticChecks() {
  let passed = 0;
  let failed = 0;
  for (const { name, program, script, args, fix } of staticChecks) {
    const file = program === undefined ? process.execPath : findProgram(program);
    if (file === undefined) {
      say(`${name}: SKIPPED. ${program} is not on the path (Debian: apt-get install lua-check).`);
      continue;
    }
    const { exitCode, output } = await step(name, () =>
      runProgram(file, script === undefined ? args : [script, ...args], { cwd: repositoryRoot }),
    );
    if (exitCode === 0) {
      passed += 1;
      say(`${name}: ok`);
    } else {
      failed += 1;
      say(`${output}\n${name}: FAILED. To fix it: ${fix}`);
    }
  }
  return { passed, failed };
}

await runCommand(async () => {
  await ensurePackages();
  const checks = await runStaticChecks();
  const withTests = !process.argv.includes('--no-tests');
  const counts = withTests ? await runTests([]) : { passed: 0, failed: 0, skipped: 0, ok: true };
  process.exitCode = counts.ok && checks.failed === 0 ? 0 : 1;
  if (checks.failed > 0) {
    say(`${checks.failed} of the ${staticChecks.length} checks before the tests failed.`);
  }
  // The checks count like tests, so that the last line never looks better than the run was.
  counts.passed += checks.passed;
  counts.failed += checks.failed;
  console.log(countsLine(counts));
});
