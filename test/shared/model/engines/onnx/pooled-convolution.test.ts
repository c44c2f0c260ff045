// An average pooling that is computed after the convolution behind it answers what it would have answered before it.
import {
  buildFloatEncoder,
  buildInt8Encoder,
} from '@caption-queue/model/engines/onnx/encoder-graph';
import { createOnnxGraph } from '@caption-queue/model/engines/onnx/onnx-engine';
import { poolingsToMove } from '@caption-queue/model/engines/onnx/pooled-convolution';
import { gridOf } from '@caption-queue/model/features';
import type {
  Convolution,
  ConvolutionPlan,
  ConvolutionStep,
  Pooling,
} from '@caption-queue/model/layers-model/convolution-plan';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../support/numbers/random.ts';

const random = createRandom(5);
const pixels = {
  data: Uint8Array.from({ length: 299 * 299 * 3 }, () => Math.floor(random() * 256)),
  shape: [1, 299, 299, 3],
};

function convolution(
  name: string,
  part: Pick<Convolution, 'input' | 'kernelShape'> & Partial<Convolution>,
): Convolution {
  const size = part.kernelShape.reduce((a, b) => a * b, 1);
  return {
    kind: 'convolution',
    name,
    kernel: Float32Array.from({ length: size }, () => random() - 0.5),
    storedKernel: undefined,
    bias: Float32Array.from({ length: part.kernelShape[3] }, () => random() - 0.3),
    strides: [1, 1],
    padding: 'same',
    relu: true,
    ...part,
  };
}

/**
 * 299 × 299 × 3 → 8 × 8 × 4. Its kernel is kept to half of 8 bits: without VNNI a CPU clips the sum of two products to
 * 16 bits, which noise for pixels would often reach.
 */
const first = convolution('first', {
  input: 'pixels',
  kernelShape: [7, 7, 3, 4],
  storedKernel: { dtype: 'uint8', shape: [], data: new Uint8Array(), scale: 0.5 / 63, min: 0 },
  strides: [40, 40],
  padding: 'valid',
});
const pooling: Pooling = {
  kind: 'average-pooling',
  name: 'pooling',
  input: 'first',
  size: [3, 3],
  strides: [1, 1],
  padding: 'same',
};
const last = convolution('last', { input: 'pooling', kernelShape: [1, 1, 4, 6] });

const planOf = (...steps: ConvolutionStep[]): ConvolutionPlan => ({
  input: 'pixels',
  output: steps.at(-1)?.name as string,
  steps,
});

/** Fine enough for the values above. */
const ranges = {
  first: { scale: 16 / 255, zeroPoint: 0 },
  last: { scale: 16 / 255, zeroPoint: 0 },
};

it('gives what the float graph gives, also at the border, to two steps of its range', async () => {
  const plan = planOf(first, pooling, last);
  const run = async (model: ReturnType<typeof buildFloatEncoder>) => {
    const graph = await createOnnxGraph(model, { threads: 1, precision: 'int8' });
    const grid = gridOf(await graph.run({ pixels }));
    await graph.dispose();
    return grid;
  };
  const expected = await run(buildFloatEncoder(plan));
  const grid = await run(buildInt8Encoder(plan, ranges));
  expect(grid).toHaveLength(8 * 8 * 6);
  expect(Math.max(...expected)).toBeLessThan(16);
  expect(expected.filter((value) => value > 1).length).toBeGreaterThan(50);
  expect(expected.filter((value) => value === 0).length).toBeGreaterThan(10);
  grid.forEach((value, i) => {
    expect(Math.abs(value - (expected[i] as number))).toBeLessThan(2 * ranges.last.scale);
  });
});

describe('poolings', () => {
  const movedIn = (...steps: ConvolutionStep[]) => [...poolingsToMove(planOf(...steps)).keys()];

  it('move behind a single 1 × 1 convolution of stride 1', () => {
    expect(movedIn(first, pooling, last)).toEqual(['pooling']);
  });

  it('stay in front of anything else, of two readers, and at the end', () => {
    const another = convolution('another', { input: 'pooling', kernelShape: [1, 1, 4, 6] });
    const wide = convolution('wide', { input: 'pooling', kernelShape: [1, 3, 4, 6] });
    expect(movedIn(first, pooling, last, another)).toEqual([]);
    expect(movedIn(first, pooling, wide)).toEqual([]);
    expect(movedIn(first, pooling, { ...last, strides: [1, 2] })).toEqual([]);
    expect(movedIn(first, pooling)).toEqual([]);
    expect(movedIn(first, { ...pooling, kind: 'max-pooling' }, last)).toEqual([]);
  });

  it('stay where training reads them', () => {
    const plan = planOf(first, pooling, last);
    const outputs = buildInt8Encoder(plan, ranges, 'pooling').outputs.map(({ name }) => name);
    expect(outputs).toEqual(['codes', 'pooling', 'scale']);
  });
});
