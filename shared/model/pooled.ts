// The pooled vector: the mean of the feature grid's cells. And how alike two of them are.
import { FEATURE_SIZE } from '@caption-queue/contract/bundle';

/** @param grid `[cells, 2048]` @returns `[2048]` */
export function pooledOf(grid: Float32Array): Float32Array {
  const cells = grid.length / FEATURE_SIZE;
  const pooled = new Float32Array(FEATURE_SIZE);
  for (let start = 0; start < grid.length; start += FEATURE_SIZE) {
    for (let feature = 0; feature < FEATURE_SIZE; feature++) {
      pooled[feature] = (pooled[feature] as number) + (grid[start + feature] as number) / cells;
    }
  }
  return pooled;
}

/** Cosine of the angle between two vectors, −1 … 1. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let squaresA = 0;
  let squaresB = 0;
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    dot += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return dot / Math.sqrt(squaresA * squaresB);
}
