// Timing things side by side: in turns, so that whatever else the machine does touches all alike.

export interface Timing {
  medianMs: number;
  p95Ms: number;
}

/**
 * Runs every candidate once to warm up, then `rounds` rounds of one run each.
 * @returns in the candidates' order
 */
export async function timeInTurns(
  candidates: (() => Promise<unknown>)[],
  rounds: number,
): Promise<Timing[]> {
  for (const run of candidates) await run();
  const times: number[][] = candidates.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, run] of candidates.entries()) {
      const startedAt = performance.now();
      await run();
      times[i]?.push(performance.now() - startedAt);
    }
  }
  return times.map(summarise);
}

export function summarise(times: number[]): Timing {
  return { medianMs: percentile(times, 0.5) ?? NaN, p95Ms: percentile(times, 0.95) ?? NaN };
}

/** Nearest rank; null of nothing. @param share 0 to 1 */
export function percentile(values: number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
}
