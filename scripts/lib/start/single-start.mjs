// One `npm start` a checkout: two would write to the same Redis data.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { dataDirectory } from '../paths.mjs';
import { isRunning } from '../processes.mjs';
import { Refusal } from '../report.mjs';

const pidFile = path.join(dataDirectory, 'start.pid');

/**
 * Marks this process as the one that runs the services here.
 * @returns a function that takes the mark away
 * @throws Refusal when another one runs
 */
export async function claimCheckout() {
  mkdirSync(dataDirectory, { recursive: true });
  const pid = Number(readMark());
  if (pid > 0 && pid !== process.pid && (await isRunning(pid, 'start.mjs'))) {
    throw new Refusal(
      `The services of this folder run already (process ${pid}). Stop them first: Ctrl-C there, or kill ${pid}`,
    );
  }
  writeFileSync(pidFile, String(process.pid));
  return () => {
    if (Number(readMark()) === process.pid) rmSync(pidFile, { force: true });
  };
}

function readMark() {
  try {
    return readFileSync(pidFile, 'utf8');
  } catch {
    return undefined;
  }
}
