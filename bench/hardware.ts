// What machine the numbers come from; without it they mean nothing.
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, totalmem } from 'node:os';

export interface Hardware {
  cpu: string;
  cores: number;
  memoryGib: number;
  /** Integer dot products (x86 VNNI), which int8 needs to be fast; null where it can't be told. */
  vnni: boolean | null;
  node: string;
  platform: string;
}

export function describeHardware(): Hardware {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGib: Math.round(totalmem() / 2 ** 30),
    vnni: hasVnni(),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

function hasVnni(): boolean | null {
  try {
    return /\b(avx512_vnni|avx_vnni)\b/.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return null;
  }
}
