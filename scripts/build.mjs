// `npm run build`: bundles every entry point into `<workspace>/dist/<name>.js`.
import './lib/node-version.mjs';
import { build } from './lib/bundle.mjs';
import { ensurePackages } from './lib/packages.mjs';
import { runCommand } from './lib/report.mjs';

await runCommand(async () => {
  await ensurePackages();
  await build();
});
