// Follows what each process takes over a long run: samples, and how steeply they rise.
import { type Footprint, footprintOf } from './process-memory.ts';

export interface Sample extends Footprint {
  atMs: number;
}

export interface Trend {
  first: Sample;
  last: Sample;
  /** Of a straight line through the second half of the samples: the first is for warming up. */
  residentBytesPerHour: number;
  descriptorsPerHour: number;
  samples: Sample[];
}

const HOUR_MS = 3_600_000;

export interface FootprintWatch {
  stop(): Record<string, Trend>;
}

/** Looks at them now, then at each interval and at the end. */
export function watchFootprints(options: {
  processes: Record<string, number>;
  intervalMs: number;
}): FootprintWatch {
  const { processes, intervalMs } = options;
  const beginMs = performance.now();
  const samples = Object.fromEntries(
    Object.keys(processes).map((name) => [name, [] as Sample[]] as const),
  );
  const look = () => {
    for (const [name, pid] of Object.entries(processes)) {
      samples[name]?.push({ atMs: Math.round(performance.now() - beginMs), ...footprintOf(pid) });
    }
  };
  look();
  const timer = setInterval(look, intervalMs);
  return {
    stop() {
      clearInterval(timer);
      look();
      return Object.fromEntries(
        Object.entries(samples).map(([name, taken]) => [name, trendOf(taken)] as const),
      );
    },
  };
}

function trendOf(samples: Sample[]): Trend {
  const later = samples.slice(Math.floor(samples.length / 2));
  const perHour = (value: (sample: Sample) => number) =>
    Math.round(slope(later.map((sample) => [sample.atMs, value(sample)])) * HOUR_MS);
  return {
    first: samples[0] as Sample,
    last: samples.at(-1) as Sample,
    residentBytesPerHour: perHour(({ residentBytes }) => residentBytes),
    descriptorsPerHour: perHour(({ descriptors }) => descriptors),
    samples,
  };
}

/** Least squares. */
function slope(points: [x: number, y: number][]): number {
  const mean = (pick: (point: [number, number]) => number) =>
    points.reduce((sum, point) => sum + pick(point), 0) / points.length;
  const [meanX, meanY] = [mean(([x]) => x), mean(([, y]) => y)];
  const covariance = mean(([x, y]) => (x - meanX) * (y - meanY));
  const variance = mean(([x]) => (x - meanX) ** 2);
  return variance === 0 ? 0 : covariance / variance;
}
