// Follows what each process takes over a long run: samples, and how steeply they rise.
import { type Footprint, footprintOf } from './process-memory.ts';

export interface Sample extends Footprint {
  atMs: number;
}

export interface Trend {
  first: Sample;
  last: Sample;
  /** Over the second half of the samples: the first is for warming up. */
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

/**
 * The median of the slopes between any two points (Theil and Sen): a garbage collector that has not come by yet at a
 * sample or two doesn't tilt it, as it would a line of least squares.
 */
function slope(points: [x: number, y: number][]): number {
  const slopes = points
    .flatMap(([x1, y1], i) => points.slice(i + 1).map(([x2, y2]) => (y2 - y1) / (x2 - x1)))
    .toSorted((a, b) => a - b);
  return slopes[Math.floor(slopes.length / 2)] ?? 0;
}
