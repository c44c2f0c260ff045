// Pixels to features (the grid, and its mean: the pooled vector), on any engine; int8 only where this CPU computes it right.

import { FEATURE_SIZE, IMAGE_SIZE } from '@caption-queue/contract/bundle';
import { isBlank } from './blank.ts';
import type { Bundle } from './bundle.ts';
import type { Engine, Graph, Precision } from './engines/engine.ts';
import { blankFeatures, type EncoderOutputs, gridOf, packFeatures } from './features.ts';

/** Under this cosine to the probe's expected features, int8 is wrong on this CPU. */
const PROBE_MIN_COSINE = 0.99;

export interface Encoder {
  readonly engine: Engine['name'];
  readonly graphHash: string;
  readonly precision: Precision;
  /**
   * @param pixels 299 × 299 × 3 bytes, RGB
   * @returns features (features.ts); zeros when there is nothing to see (blank.ts)
   */
  encode(pixels: Uint8Array): Promise<Uint8Array>;
  dispose(): Promise<void>;
}

/** Ways to compute in a precision, the fastest first, and what is said of a way when those before it are wrong. */
const ways: Record<Precision, { precision: Precision; exact?: boolean; instead?: string }[]> = {
  int8: [
    { precision: 'int8' },
    { precision: 'int8', exact: true, instead: 'computing it exactly, which is slower' },
    { precision: 'fp32', instead: 'using the slower fp32 encoder' },
  ],
  fp32: [{ precision: 'fp32' }],
};

/**
 * Loads the bundle's encoder and checks it with the bundle's probe.
 * @param precision default: int8 on ONNX Runtime where the bundle has activation ranges, else fp32
 *   (TensorFlow has no int8)
 * @param onWarning told in one line when int8 fails the probe and a slower way takes its place
 * @throws Error when even fp32 fails the probe: the bundle and this machine don't fit
 */
export async function createEncoder({
  engine,
  bundle,
  precision = engine.name === 'onnx' && hasActivationRanges(bundle) ? 'int8' : 'fp32',
  onWarning,
}: {
  engine: Engine;
  bundle: Bundle;
  precision?: Precision;
  onWarning?: (message: string) => void;
}): Promise<Encoder> {
  const probe = await bundle.loadProbe();
  let measured = '';
  for (const { precision: tried, exact = false, instead } of ways[precision]) {
    const graph = await engine.loadGraph(bundle, 'encoder', tried, { exact });
    const agreement = cosine(pooledOf(gridOf(await runEncoder(graph, probe.pixels))), probe.pooled);
    if (agreement >= PROBE_MIN_COSINE) {
      if (instead) onWarning?.(`The int8 encoder is wrong on this CPU (${measured}); ${instead}.`);
      return encoderOf(engine, graph);
    }
    await graph.dispose();
    measured = `cosine ${agreement.toFixed(4)} to the bundle's probe, ${PROBE_MIN_COSINE} wanted`;
  }
  throw new Error(
    `The ${engine.name} encoder computes wrong features on this machine (${measured}).`,
  );
}

function hasActivationRanges({ manifest }: Bundle): boolean {
  return 'activation-ranges.json' in manifest.files;
}

function encoderOf(engine: Engine, graph: Graph): Encoder {
  return {
    engine: engine.name,
    graphHash: graph.hash,
    precision: graph.precision,
    encode: async (pixels) =>
      isBlank(pixels) ? blankFeatures() : packFeatures(await runEncoder(graph, pixels)),
    dispose: () => graph.dispose(),
  };
}

/** @param pixels 299 × 299 × 3 bytes, RGB */
export async function runEncoder(graph: Graph, pixels: Uint8Array): Promise<EncoderOutputs> {
  return graph.run({ pixels: { data: pixels, shape: [1, IMAGE_SIZE, IMAGE_SIZE, 3] } });
}

/** The mean of a grid's cells. @param grid `[cells, 2048]` @returns `[2048]` */
export function pooledOf(grid: Float32Array): Float32Array {
  const cells = grid.length / FEATURE_SIZE;
  const pooled = new Float32Array(FEATURE_SIZE);
  for (let start = 0; start < grid.length; start += FEATURE_SIZE) {
    for (let feature = 0; feature < FEATURE_SIZE; feature++) {
      pooled[feature] = (pooled[feature] as number) + (grid[start + feature] as number);
    }
  }
  return pooled.map((sum) => sum / cells);
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
