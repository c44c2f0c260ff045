// The installer that @tensorflow/tfjs-node brings: downloads libtensorflow and a compiled addon from Google.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { runProgram } from '../processes.mjs';
import { step } from '../report.mjs';

const HOST = 'https://storage.googleapis.com/tensorflow/libtensorflow/';
/** Behind a firewall the host never answers; nobody should wait long for that. */
const ANSWER_TIMEOUT_MS = 5_000;
const INSTALL_TIMEOUT_MS = 15 * 60_000;

/**
 * @param {import('./addon.mjs').Addon} addon
 * @returns {Promise<string | undefined>} why it did not work
 */
export async function runOwnInstaller({ directory, binary }) {
  if (!(await answers())) return `${new URL(HOST).host} does not answer.`;
  const { exitCode, output } = await step('Running the installer of TensorFlow.js', (update) =>
    runProgram(process.execPath, [path.join(directory, 'scripts/install.js')], {
      cwd: directory,
      onLine: update,
      timeoutMs: INSTALL_TIMEOUT_MS,
    }),
  );
  if (exitCode === 0 && existsSync(binary)) return undefined;
  const lastLine = output.split('\n').at(-1);
  return `The installer of TensorFlow.js failed${lastLine ? ` (${lastLine})` : ''}.`;
}

async function answers() {
  try {
    // Any answer will do, an error too: the listing of this folder is not public.
    await fetch(HOST, { method: 'HEAD', signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
    return true;
  } catch {
    return false;
  }
}
