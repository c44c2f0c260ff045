// Runs a program in this one's place: same terminal, signals passed on, same exit code.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** @returns {Promise<number>} its exit code, or 128 and the number of the signal that ended it */
export function runInForeground(program, args, { cwd, env } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: 'inherit' });
    const passOn = (signal) => child.kill(signal);
    // A terminal sends Ctrl-C to the whole process group, so there the program has it already, and
    // this process only has to outlive it.
    const onInterrupt = process.stdin.isTTY ? () => {} : passOn;
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', passOn);
    process.on('SIGHUP', passOn);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', passOn);
      process.off('SIGHUP', passOn);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}
