// `npm run test:faults`: only the proofs of docs/reliability.md. `-- --long` runs their long form, which takes hours;
// FAULTS_SEED repeats a run. Other arguments go to vitest.
import './lib/node-version.mjs';
import { runCommand } from './lib/report.mjs';
import { countsLine, runTests } from './lib/run-tests.mjs';

const LONG = '--long';

await runCommand(async () => {
  const args = process.argv.slice(2);
  if (args.includes(LONG)) process.env.FAULTS_LONG = '1';
  const rest = args.filter((argument) => argument !== LONG);
  const counts = await runTests(['test/faults', ...rest]);
  process.exitCode = counts.ok ? 0 : 1;
  console.log(countsLine(counts));
});
