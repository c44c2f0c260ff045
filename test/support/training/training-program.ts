// Runs the training's command line as a process, as people do.
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../../training/dist/main.js', import.meta.url));

export interface Ending {
  code: number;
  stdout: string;
  stderr: string;
}

/** @param cwd where its `runs` folder lies */
export function runTraining(cwd: string, args: string[]): Promise<Ending> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd }, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}
