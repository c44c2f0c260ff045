// `npm start`: sets up what is missing, starts Redis, the API and the workers, captions a photo to show
// that all of it works, and stays until Ctrl-C.
import './lib/node-version.mjs';
import { runCommand } from './lib/report.mjs';

await runCommand(async () => {
  // Not before the version was checked: an old Node.js lacks modules that this imports.
  const { runServices } = await import('./lib/start/run-services.mjs');
  await runServices();
});
