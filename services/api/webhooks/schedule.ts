// When a delivery that failed is tried again, and by which clock.

/** The time by which deliveries are scheduled and signed. Tests turn it forward. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
}

export const systemClock: Clock = { now: () => Date.now() };

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** After each failed attempt; the last of eight comes about 27.6 hours after the first. */
const delaysMs = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  10 * HOUR,
] as const;

/** Each delay is up to this much longer, so that what failed together doesn't come back together. */
const JITTER = 0.1;
/** A receiver may ask for more patience than the schedule has, but not for more than this. */
const LONGEST_RETRY_AFTER_MS = 24 * HOUR;

/** An endpoint to which nothing was delivered for this long is disabled. */
export const FAILING_LIMIT_MS = 5 * 24 * HOUR;

/**
 * @param options.tries attempts so far, at least 1
 * @param options.retryAfter the receiver's header `Retry-After`: seconds, or a date
 * @param options.random in [0, 1)
 * @returns how long to wait, or undefined when that was the last attempt
 */
export function nextDelayMs(options: {
  tries: number;
  retryAfter?: string | undefined;
  nowMs: number;
  random: () => number;
}): number | undefined {
  const { tries, retryAfter, nowMs, random } = options;
  const delayMs = delaysMs[tries - 1];
  if (delayMs === undefined) return undefined;
  const asked = Math.min(parseRetryAfter(retryAfter, nowMs), LONGEST_RETRY_AFTER_MS);
  return Math.round(Math.max(delayMs * (1 + JITTER * random()), asked));
}

/** @returns 0 for what isn't one */
function parseRetryAfter(text: string | undefined, nowMs: number): number {
  if (text === undefined) return 0;
  if (/^\d{1,9}$/.test(text)) return Number(text) * SECOND;
  const dateMs = Date.parse(text);
  return Number.isNaN(dateMs) ? 0 : Math.max(dateMs - nowMs, 0);
}
