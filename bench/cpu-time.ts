// CPU time by kind of process: where the work of a caption is done, whatever else the machine does meanwhile.
import { childrenOf, cpuMs } from '@caption-queue/test/support/processes/process-tree';
import type { ServiceProcess } from '@caption-queue/test/support/processes/service-process';
import type { ServiceStack } from '@caption-queue/test/support/processes/service-stack';
import { redisCpuMs } from '@caption-queue/test/support/redis/redis';

/** Milliseconds since each process was started; "load" is this process, which posts and polls. */
export type CpuTimes = Record<
  'api' | 'imaging' | 'encoders' | 'decoders' | 'Redis' | 'load',
  number
>;

/** Linux only. */
export async function readCpuTimes(stack: ServiceStack): Promise<CpuTimes> {
  const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
  const ofAll = (services: ServiceProcess[]) => sum(services.map(({ pid }) => cpuMs(pid)));
  const { user, system } = process.cpuUsage();
  return {
    api: cpuMs(stack.api.pid),
    imaging: sum(childrenOf(stack.api.pid).map(cpuMs)),
    encoders: ofAll(stack.encoders),
    decoders: ofAll(stack.decoders),
    Redis: sum(await Promise.all([stack.redis.url, stack.cache.url].map(redisCpuMs))),
    load: (user + system) / 1000,
  };
}

/** @returns milliseconds a caption, by kind of process, and their sum */
export function cpuTimesPerCaption(
  { before, after }: { before: CpuTimes; after: CpuTimes },
  captions: number,
): Record<string, number> {
  const names = Object.keys(after) as (keyof CpuTimes)[];
  const used = names.map((name) => (after[name] - before[name]) / captions);
  return {
    ...Object.fromEntries(names.map((name, i) => [name, used[i] as number])),
    all: used.reduce((a, b) => a + b, 0),
  };
}
