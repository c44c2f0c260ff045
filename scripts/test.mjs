// `npm test`: sets up what is missing, runs the tests, ends in one plain line of counts. Arguments go
// to vitest: `npm test -- test/shared/model -t beam`.
import './lib/node-version.mjs';
import { runCommand } from './lib/report.mjs';
import { countsLine, runTests } from './lib/run-tests.mjs';

await runCommand(async () => {
  const counts = await runTests(process.argv.slice(2));
  process.exitCode = counts.ok ? 0 : 1;
  console.log(countsLine(counts));
});
