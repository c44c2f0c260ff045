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
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  return { medianMs: at(0.5), p95Ms: at(0.95) };
}
