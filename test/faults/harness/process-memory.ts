// What a process takes, from /proc: memory, its highest, and open descriptors. Linux only, like process-tree.ts.
import { readdirSync, readFileSync } from 'node:fs';

const KIB = 1_024;

export interface Footprint {
  residentBytes: number;
  peakBytes: number;
  descriptors: number;
}

/** @throws Error when it is gone */
export function footprintOf(pid: number): Footprint {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const bytes = (name: string) =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * KIB;
  return {
    residentBytes: bytes('VmRSS'),
    peakBytes: bytes('VmHWM'),
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  };
}
