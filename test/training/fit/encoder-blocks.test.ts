// The encoder's blocks in training compute what the encoder computes, and what is trained of them is exported.
import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import type { Bundle } from '@caption-queue/model/bundle';
import { buildFloatEncoder } from '@caption-queue/model/engines/onnx/encoder-graph';
import { createOnnxGraph } from '@caption-queue/model/engines/onnx/onnx-engine';
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import { planConvolutions } from '@caption-queue/model/layers-model/convolution-plan';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import { tunedEncoder } from '@caption-queue/training/export/tuned-encoder';
import { createDistillation } from '@caption-queue/training/fit/distillation';
import { buildEncoderBlocks } from '@caption-queue/training/fit/encoder-blocks';
import type { Tensor } from '@caption-queue/training/fit/tensorflow-types';
import { createWeights } from '@caption-queue/training/fit/weights';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';
import { hasTensorFlow } from '../../support/model/engines.ts';
import { writeTinyBundle } from '../../support/model/tiny-bundle.ts';
import { relativeDifference } from '../../support/numbers/compare.ts';
import { createRandom } from '../../support/numbers/random.ts';
import { tinyClassifier } from '../../support/training/tiny-networks.ts';

/** Of the tiny encoder: the last convolution lies above it. */
const INNER = 'activation_2';

describe.skipIf(!hasTensorFlow())("the encoder's blocks in training", () => {
  const tf = loadTensorFlow();
  const random = createRandom(5);
  const directory = useFolder();
  let bundle: Bundle;
  let encoder: LayersModel;
  const pixels = Uint8Array.from({ length: 299 * 299 * 3 }, () => random() * 256);

  beforeAll(async () => {
    bundle = await writeTinyBundle({ directory });
    encoder = await bundle.loadModel('encoder');
  });

  /** The fp32 grid of the layer that a model is cut at. */
  const gridOf = async (model: LayersModel, layer?: string) => {
    const graph = await createOnnxGraph(buildFloatEncoder(planConvolutions(model, layer)), {
      threads: 1,
      precision: 'fp32',
    });
    const { grid } = await graph.run({ pixels: { data: pixels, shape: [1, 299, 299, 3] } });
    await graph.dispose();
    return grid as Float32Array;
  };

  const blocksGrid = async (values?: ReadonlyMap<string, Float32Array>) => {
    const blocks = buildEncoderBlocks(tf, encoder, INNER);
    const inner = await gridOf(encoder, INNER);
    return tf.tidy(() => {
      const weights = createWeights(tf, blocks.weights, values ?? blocks.values);
      const input = tf.tensor(inner, [1, GRID_CELLS, inner.length / GRID_CELLS]);
      const grid = blocks.grids(weights, input).dataSync() as Float32Array;
      tf.dispose([...weights.values()]);
      return grid as never;
    }) as Float32Array;
  };

  it('make the grid of the encoder out of the inner one', async () => {
    expect(relativeDifference(await gridOf(encoder), await blocksGrid())).toBeLessThan(1e-5);
  });

  it('are exported with their new weights, which the served encoder computes with', async () => {
    const { values } = buildEncoderBlocks(tf, encoder, INNER);
    const tuned = new Map(
      [...values].map(([name, old]) => [name, old.map((value) => value * 1.1 + 0.01)]),
    );
    const exported = tunedEncoder(encoder, tuned);
    const [wanted, got] = [await blocksGrid(tuned), await gridOf(exported)];
    expect(relativeDifference(wanted, await gridOf(encoder))).toBeGreaterThan(0.05);
    // Kernels are stored as float16.
    expect(relativeDifference(wanted, got)).toBeLessThan(2e-3);
  });
});

describe.skipIf(!hasTensorFlow())('distillation', () => {
  const tf = loadTensorFlow();
  const classifier = tinyClassifier();
  const pooled = (...first: number[]) =>
    tf.tensor2d([...first, ...new Array(FEATURE_SIZE - first.length).fill(0)], [1, FEATURE_SIZE]);

  it('is the divergence of the softened answers, zero when they are the same', () => {
    const { divergence, dispose } = createDistillation(tf, classifier);
    const value = (tensor: Tensor) => tensor.dataSync()[0] as number;
    // Logits 2 and 0 at temperature 2: probabilities σ(1) and σ(−1).
    const [p, q] = [1 / (1 + Math.exp(-1)), 1 / (1 + Math.exp(1))];
    expect(value(divergence({ tuned: pooled(2, 0), untuned: pooled(2, 0) }))).toBeCloseTo(0, 6);
    expect(value(divergence({ tuned: pooled(0, 2), untuned: pooled(2, 0) }))).toBeCloseTo(
      p * Math.log(p / q) + q * Math.log(q / p),
      5,
    );
    dispose();
  });
});
