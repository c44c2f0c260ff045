// Runs the training's command line as a process, as people do.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { repository } from '../repository.ts';

const program = path.join(repository, 'training/dist/main.js');

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
