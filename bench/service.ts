// The service end to end: real processes and Redis servers, pictures posted over HTTP.
import { readFile } from 'node:fs/promises';
import type { Caption } from '@caption-queue/contract/caption';
import { canSeeProcesses, childrenOf } from '@caption-queue/test/support/processes/process-tree';
import { startStack } from '@caption-queue/test/support/processes/service-stack';
import { cpuTimesPerCaption, readCpuTimes } from './cpu-time.ts';
import type { Row } from './table.ts';
import { summarise } from './timing.ts';

/** Posts under way at a time: enough that the workers never wait for the next picture. */
const POSTS_AT_ONCE = 4;

export interface ServiceRun {
  /** One row a pass: captions per second and where the time went. */
  passes: Row[];
  /** CPU time a caption in milliseconds, one row a pass; empty elsewhere than on Linux. */
  cpuTimes: Row[];
  /** POST and GET, as their client sees them. */
  requests: Row[];
  memory: Row[];
}

/** Two passes over the same pictures, the second with other options: every feature is in the cache then. */
export async function benchService(options: {
  model: string;
  photos: Uint8Array[];
  encoders: number;
  threads: number;
}): Promise<ServiceRun> {
  const { photos, encoders } = options;
  const stack = await startStack({
    model: options.model,
    encoders,
    env: { INFERENCE_THREADS: String(options.threads), QUEUE_LIMIT: String(photos.length + 100) },
  });
  try {
    const passes: Row[] = [];
    const cpuTimes: Row[] = [];
    const postMs: number[] = [];
    const getMs: number[] = [];
    for (const [pass, beamWidth] of [
      ['first: nothing cached', 3],
      ['second: features cached', 2],
    ] as const) {
      const before = canSeeProcesses ? await readCpuTimes(stack) : undefined;
      const startedAt = performance.now();
      const posted = await inTurns(photos, POSTS_AT_ONCE, (photo) =>
        timed(postMs, () => stack.post(photo, { beam_width: beamWidth })),
      );
      const captions: Caption[] = [];
      for (const { id } of posted) captions.push(await stack.finished(id));
      const seconds = lastCompletion(captions, posted) / 1000;
      const wallSeconds = (performance.now() - startedAt) / 1000;
      if (before) {
        const times = { before, after: await readCpuTimes(stack) };
        cpuTimes.push({
          'encoder processes': encoders,
          pass,
          ...cpuTimesPerCaption(times, photos.length),
        });
      }
      for (const { id } of captions.slice(0, 50)) await timed(getMs, () => stack.finished(id));
      const mean = (of: (caption: Caption) => number | null) =>
        captions.reduce((sum, caption) => sum + (of(caption) ?? 0), 0) / captions.length;
      passes.push({
        'encoder processes': encoders,
        pass,
        photos: photos.length,
        'captions per second': photos.length / Math.min(seconds, wallSeconds),
        'feature cache hits': captions.filter(({ metrics }) => metrics.feature_cache === 'hit')
          .length,
        'mean encode ms': mean(({ metrics }) => metrics.encode_ms),
        'mean decode ms': mean(({ metrics }) => metrics.decode_ms),
        'mean wait ms': mean(({ metrics }) => metrics.queue_ms),
        failed: captions.filter(({ status }) => status !== 'succeeded').length,
      });
    }
    const memory: Row[] = [];
    const note = async (name: string, process: { pid: number }) =>
      memory.push({
        process: name,
        'encoder processes': encoders,
        'resident MB': await residentMegabytes(process.pid),
      });
    await note('api (without imaging processes)', stack.api);
    for (const pid of canSeeProcesses ? childrenOf(stack.api.pid) : [])
      await note('imaging', { pid });
    for (const encoder of stack.encoders) await note('encoder-worker', encoder);
    for (const decoder of stack.decoders) await note('decoder-worker', decoder);
    const request = (name: string, times: number[]): Row => {
      const { medianMs, p95Ms } = summarise(times);
      return {
        request: name,
        'encoder processes': encoders,
        'median ms': medianMs,
        'p95 ms': p95Ms,
      };
    };
    return {
      passes,
      cpuTimes,
      requests: [request('POST a photo', postMs), request('GET a caption', getMs)],
      memory,
    };
  } finally {
    await stack.stop();
  }
}

/** From the first acceptance to the last completion, by the service's own clock. */
function lastCompletion(captions: Caption[], posted: Caption[]): number {
  const started = Math.min(...posted.map(({ created_at }) => Date.parse(created_at)));
  return (
    Math.max(...captions.map(({ completed_at }) => Date.parse(completed_at as string))) - started
  );
}

async function timed<T>(times: number[], run: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await run();
  times.push(performance.now() - startedAt);
  return result;
}

/** Runs `task` for every item, at most `atOnce` at a time; results in the items' order. */
async function inTurns<T, R>(
  items: T[],
  atOnce: number,
  task: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      while (next < items.length) {
        const i = next++;
        results[i] = await task(items[i] as T);
      }
    }),
  );
  return results;
}

/** Of `/proc`; null elsewhere than on Linux. */
async function residentMegabytes(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const kilobytes = /VmRSS:\s+(\d+) kB/.exec(status)?.[1];
  return kilobytes === undefined ? null : Math.round(Number(kilobytes) / 1024);
}
