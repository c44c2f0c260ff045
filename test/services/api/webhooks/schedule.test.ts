// When a delivery is tried again.

import { nextDelayMs } from '@caption-queue/api/webhooks/schedule';
import { describe, expect, it } from 'vitest';

const nowMs = Date.parse('2026-01-01T00:00:00Z');
const delay = (tries: number, options: { retryAfter?: string; random?: number } = {}) =>
  nextDelayMs({ tries, nowMs, retryAfter: options.retryAfter, random: () => options.random ?? 0 });

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

describe('the next attempt', () => {
  it('comes after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h, and the eighth is the last', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7].map((tries) => delay(tries));
    expect(delays.map((ms) => (ms ?? 0) / SECOND)).toEqual([
      5, 300, 1_800, 7_200, 18_000, 36_000, 36_000,
    ]);
    expect(delay(8)).toBeUndefined();
    const hours = delays.reduce<number>((sum, ms) => sum + (ms ?? 0), 0) / HOUR;
    expect(hours).toBeCloseTo(27.6, 1);
  });

  it('comes up to a tenth later, so that what failed together does not come back together', () => {
    expect(delay(2, { random: 0.5 })).toBe(315 * SECOND);
    expect(delay(2, { random: 0.999_999 })).toBeLessThanOrEqual(330 * SECOND);
  });

  it.each([
    ['in seconds', '120', 120 * SECOND],
    ['as a date', 'Thu, 01 Jan 2026 00:02:00 GMT', 120 * SECOND],
    ['but no less than planned', '1', 5 * SECOND],
    ['but not in the past', 'Thu, 01 Jan 2015 00:00:00 GMT', 5 * SECOND],
    ['but not longer than a day', '999999999', 24 * HOUR],
    ['but not what is no time', 'soon', 5 * SECOND],
    ['but not less than nothing', '-5', 5 * SECOND],
  ])('heeds Retry-After %s: %s', (_how, retryAfter, expected) => {
    expect(delay(1, { retryAfter })).toBe(expected);
  });
});
