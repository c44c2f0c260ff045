// Logistic regression with a ridge, by Newton's method (iteratively reweighted least squares; Hastie, Tibshirani and
// Friedman, The Elements of Statistical Learning, 4.4.1). For a few kinds of evidence and some thousand pictures.

import type { Chance } from '@caption-queue/contract/calibration';
import type { Evidence } from '@caption-queue/model/trust/evidence';
import { Matrix, solve } from 'ml-matrix';

export interface Example {
  evidence: Evidence;
  right: boolean;
  /** As how many examples it counts; default 1. */
  weight?: number;
}

const STEPS = 50;
const CONVERGED = 1e-9;

/**
 * @param kinds of evidence that count
 * @param prior what the weights are without examples; default 0
 * @param ridge pulls each weight towards its prior, of evidence in standard deviations; default 1
 */
export function fitChance(
  examples: readonly Example[],
  { kinds, prior = 0, ridge = 1 }: { kinds: readonly string[]; prior?: number; ridge?: number },
): Chance {
  const counts = examples.map(({ weight = 1 }) => weight);
  const scales = kinds.map((kind) =>
    standardise(
      examples.map(({ evidence }) => amountOf(evidence, kind)),
      counts,
    ),
  );
  const rows = examples.map(({ evidence }) => [
    1,
    ...kinds.map((kind, k) => {
      const { mean, deviation } = scales[k] as Scale;
      return (amountOf(evidence, kind) - mean) / deviation;
    }),
  ]);
  const targets = examples.map(({ right }) => (right ? 1 : 0));
  const priors = [0, ...kinds.map((_, k) => prior * (scales[k] as Scale).deviation)];
  const fitted = newton({ rows, targets, counts, priors, ridge });
  const weights = kinds.map((_, k) => (fitted[k + 1] as number) / (scales[k] as Scale).deviation);
  const bias = weights.reduce(
    (sum, weight, k) => sum - weight * (scales[k] as Scale).mean,
    fitted[0] as number,
  );
  return {
    bias,
    weights: Object.fromEntries(kinds.map((kind, k) => [kind, weights[k] as number])),
  };
}

interface Scale {
  mean: number;
  deviation: number;
}

function standardise(values: readonly number[], counts: readonly number[]): Scale {
  const total = counts.reduce((a, b) => a + b, 0);
  const meanOf = (of: (value: number) => number) =>
    values.reduce((sum, value, n) => sum + (counts[n] as number) * of(value), 0) / total;
  const mean = meanOf((value) => value);
  const variance = meanOf((value) => (value - mean) ** 2);
  return { mean, deviation: Math.sqrt(variance) || 1 };
}

function amountOf(evidence: Evidence, kind: string): number {
  const value = evidence[kind];
  if (value === undefined) throw new RangeError(`There is no evidence of the kind '${kind}'.`);
  return value;
}

/** The bias, first in each row, is not pulled anywhere. */
function newton({
  rows,
  targets,
  counts,
  priors,
  ridge,
}: {
  rows: number[][];
  targets: number[];
  counts: number[];
  priors: number[];
  ridge: number;
}): number[] {
  let weights = [...priors];
  for (let step = 0; step < STEPS; step++) {
    const gradient = weights.map((weight, i) =>
      i === 0 ? 0 : ridge * (weight - (priors[i] as number)),
    );
    const hessian = weights.map((_, i) => weights.map((_, j) => (i === j && i > 0 ? ridge : 0)));
    rows.forEach((row, n) => {
      const odds = row.reduce((sum, value, i) => sum + value * (weights[i] as number), 0);
      const chance = 1 / (1 + Math.exp(-odds));
      const count = counts[n] as number;
      const error = count * (chance - (targets[n] as number));
      const curvature = count * chance * (1 - chance);
      row.forEach((a, i) => {
        gradient[i] = (gradient[i] as number) + error * a;
        const line = hessian[i] as number[];
        row.forEach((b, j) => {
          line[j] = (line[j] as number) + curvature * a * b;
        });
      });
    });
    const change = solve(new Matrix(hessian), Matrix.columnVector(gradient)).to1DArray();
    weights = weights.map((weight, i) => weight - (change[i] as number));
    if (Math.max(...change.map(Math.abs)) < CONVERGED) break;
  }
  return weights;
}
