// The likeliest tokens of one row, by sorting them all: what every engine's step must answer.

/** @returns `count` token ids, the likeliest first, equal ones by their ids */
export function likeliestOf(logProbs: Float32Array, count: number): number[] {
  const tokens = Array.from(logProbs.keys());
  const ofToken = (token: number) => logProbs[token] as number;
  // Not a difference: of two that are impossible that is no number.
  const order = (a: number, b: number) =>
    ofToken(a) === ofToken(b) ? a - b : ofToken(b) > ofToken(a) ? 1 : -1;
  return tokens.sort(order).slice(0, count);
}
