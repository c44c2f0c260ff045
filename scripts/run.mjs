// `node scripts/run.mjs cli/caption.ts …`: builds, then runs one entry point with the rest of the
// arguments. Prints nothing on stdout itself, so what the program prints can be piped.
import './lib/node-version.mjs';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { build, bundlePath } from './lib/bundle.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { repositoryRoot } from './lib/paths.mjs';
import { runInForeground } from './lib/processes.mjs';
import { Refusal, runCommand } from './lib/report.mjs';

await runCommand(async () => {
  const [entryPoint, ...args] = process.argv.slice(2);
  if (entryPoint === undefined) {
    throw new Refusal('Usage: node scripts/run.mjs <entry point, e.g. cli/caption.ts> [arguments]');
  }
  if (!existsSync(path.join(repositoryRoot, entryPoint))) {
    throw new Refusal(`${entryPoint} does not exist in ${repositoryRoot}.`);
  }
  await ensurePackages();
  await build({ besides: [entryPoint] });
  const file = path.join(repositoryRoot, bundlePath(entryPoint));
  process.exitCode = await runInForeground(
    process.execPath,
    ['--enable-source-maps', file, ...args],
    {
      // `npm run` changes to the repository; file names are meant from where the user stands.
      cwd: process.env.INIT_CWD ?? process.cwd(),
    },
  );
});
