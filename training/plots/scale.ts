// Where a value lies on an axis, and which values are written there.

export interface Scale {
  /** Value → position in pixels. */
  at(value: number): number;
  ticks: number[];
}

/** As many labels as stay apart on an axis of a few hundred pixels. */
const TICKS = 5;

/**
 * A linear scale whose ends are round numbers.
 * @param domain the smallest and largest value
 * @param range their positions in pixels
 * @param integer only whole numbers are written
 */
export function linearScale({
  domain: [low, high],
  range: [start, end],
  integer = false,
}: {
  domain: [number, number];
  range: [number, number];
  integer?: boolean;
}): Scale {
  const span = high > low ? high - low : Math.abs(low) || 1;
  const step = integer ? Math.max(1, roundStep(span)) : roundStep(span);
  const first = Math.floor(low / step + TINY);
  const last = Math.max(first + 1, Math.ceil(high / step - TINY));
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return {
    ticks,
    at: (value) => start + ((value / step - first) / (last - first)) * (end - start),
  };
}

/** Keeps 0.3 ÷ 0.1 from being rounded up. */
const TINY = 1e-9;

/** 1, 2 or 5 times a power of ten. */
function roundStep(span: number): number {
  const rough = span / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5].find((candidate) => candidate * power >= rough * (1 - TINY)) ?? 10;
  return factor * power;
}

/** A logarithmic scale with a tick at each power of ten. @param domain positive */
export function logScale({
  domain: [low, high],
  range: [start, end],
}: {
  domain: [number, number];
  range: [number, number];
}): Scale {
  const first = Math.floor(Math.log10(low) + TINY);
  const last = Math.max(first + 1, Math.ceil(Math.log10(high) - TINY));
  return {
    ticks: Array.from({ length: last - first + 1 }, (_, index) => 10 ** (first + index)),
    at: (value) => start + ((Math.log10(value) - first) / (last - first)) * (end - start),
  };
}

/** `1,200`, `0.25`: as short as it can be told apart. */
export function formatTick(value: number): string {
  return Number(value.toPrecision(6)).toLocaleString('en-GB', { maximumFractionDigits: 6 });
}
