// Where a CPU clips sums of 8-bit products to 16 bits (x86 without VNNI), `exact` gives what other CPUs give.
import {
  buildFloatEncoder,
  buildInt8Encoder,
} from '@caption-queue/model/engines/onnx/encoder-graph';
import { createOnnxGraph } from '@caption-queue/model/engines/onnx/onnx-engine';
import { gridOf } from '@caption-queue/model/features';
import type { ConvolutionPlan } from '@caption-queue/model/layers-model/convolution-plan';
import { expect, it } from 'vitest';

/** White pixels times the greatest kernel: every sum of two products is beyond 16 bits. */
const plan: ConvolutionPlan = {
  input: 'pixels',
  output: 'sums',
  steps: [
    {
      kind: 'convolution',
      name: 'sums',
      input: 'pixels',
      kernelShape: [4, 4, 3, 8],
      kernel: new Float32Array(4 * 4 * 3 * 8).fill(0.5),
      storedKernel: undefined,
      bias: new Float32Array(8),
      strides: [8, 8],
      padding: 'valid',
      relu: true,
    },
  ],
};
const pixels = { data: new Uint8Array(299 * 299 * 3).fill(255), shape: [1, 299, 299, 3] };

it('exact sums in int8 are those of float32', async () => {
  const run = async (model: ReturnType<typeof buildFloatEncoder>) => {
    const graph = await createOnnxGraph(model, { threads: 1, precision: 'int8', exact: true });
    const grid = gridOf(await graph.run({ pixels }));
    await graph.dispose();
    return grid;
  };
  const range = { scale: 32 / 255, zeroPoint: 0 };
  const [float] = await run(buildFloatEncoder(plan));
  const int8 = await run(buildInt8Encoder(plan, { sums: range }));
  expect(float).toBeCloseTo(24, 3);
  for (const value of int8) expect(Math.abs(value - (float as number))).toBeLessThan(range.scale);
});
