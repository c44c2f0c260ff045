// How well chances tell right from wrong.
import type { Prediction } from '../plots/reliability.ts';

/**
 * Area under the receiver operating characteristic: how often something right has a higher chance than something
 * wrong, ties counting half (Hanley and McNeil 1982). `NaN` when all is right or all is wrong.
 */
export function areaUnderCurve(predictions: readonly Prediction[]): number {
  const sorted = [...predictions].sort((a, b) => a.probability - b.probability);
  let wrongBelow = 0;
  let pairs = 0;
  for (let start = 0; start < sorted.length; ) {
    let end = start;
    while (sorted[end]?.probability === sorted[start]?.probability && end < sorted.length) end++;
    const tied = sorted.slice(start, end);
    const right = tied.filter((prediction) => prediction.right).length;
    const wrong = tied.length - right;
    pairs += right * (wrongBelow + wrong / 2);
    wrongBelow += wrong;
    start = end;
  }
  return pairs / (wrongBelow * (sorted.length - wrongBelow));
}
