// `npm run test:faults`: only the proofs of docs/reliability.md. `-- --long` runs their long form, which takes more than an hour;
// FAULTS_SEED repeats a run. Other arguments go to vitest; files among them are run instead of all.
import './lib/node-version.mjs';
import { runCommand } from './lib/report.mjs';
import { countsLine, runTests } from './lib/run-tests.mjs';

const LONG = '--long';
const PROOFS = 'test/faults';

await runCommand(async () => {
  const args = process.argv.slice(2);
  if (args.includes(LONG)) process.env.FAULTS_LONG = '1';
  const rest = args.filter((argument) => argument !== LONG);
  const named = rest.some((argument) => argument.startsWith(PROOFS));
  const counts = await runTests(named ? rest : [PROOFS, ...rest]);
  process.exitCode = counts.ok ? 0 : 1;
  console.log(countsLine(counts));
});
