// `npm start`: sets up what is missing, starts Redis, the API and the workers, captions a photo to show
// that all of it works, and stays until Ctrl-C.
import './lib/node-version.mjs';
import { runCommand } from './lib/report.mjs';
import { runServices } from './lib/run-services.mjs';

await runCommand(runServices);
