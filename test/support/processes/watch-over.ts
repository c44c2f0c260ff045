// Leaves nothing behind when a test run is cut off: vitest ends its workers by signals that no handler sees.
import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Ends the child when this process is gone, however it went: its end of the pipe is closed then.
 * @param folder deleted then, too
 * @returns the watchdog, to be killed once the child was ended in order
 */
export function watchOver({ pid }: ChildProcess, folder?: string): ChildProcess {
  const script = 'cat >/dev/null; kill -9 "$1"; shift; [ $# = 0 ] || rm -rf "$@"';
  const folders = folder === undefined ? [] : [folder];
  return spawn('sh', ['-c', script, 'sh', String(pid), ...folders], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}
