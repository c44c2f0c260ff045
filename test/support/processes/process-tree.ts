// Looks at processes through /proc, which only Linux has.
import { readdirSync, readFileSync } from 'node:fs';

/** USER_HZ: what Linux counts CPU time in, on every architecture that Node.js runs on. */
const TICKS_PER_SECOND = 100;

export const canSeeProcesses = process.platform === 'linux';

/** Process ids of the direct children. */
export function childrenOf(pid: number | undefined): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => statOf(candidate)?.parent === pid);
}

/** A process that ended but was not yet reaped is not running. */
export function isRunning(pid: number): boolean {
  const state = statOf(pid)?.state;
  return state !== undefined && state !== 'Z';
}

/** CPU time in milliseconds since the process was started; 0 when there is none. */
export function cpuMs(pid: number): number {
  return ((statOf(pid)?.ticks ?? 0) * 1000) / TICKS_PER_SECOND;
}

function statOf(
  pid: number,
): { state: string | undefined; parent: number; ticks: number } | undefined {
  try {
    // `pid (name) state parent …`; the name may hold anything.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    const [userTicks, systemTicks] = fields.slice(11, 13).map(Number) as [number, number];
    return { state: fields[0], parent: Number(fields[1]), ticks: userTicks + systemTicks };
  } catch {
    return undefined;
  }
}
