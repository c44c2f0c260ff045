// A product with 8-bit weights is near the one in float32, whatever other rows there are.
import { createGraphBuilder } from '@caption-queue/model/engines/onnx/graph-builder';
import {
  int8Product,
  quantiseBlocks,
  suitsInt8,
} from '@caption-queue/model/engines/onnx/int8-product';
import { serialiseOnnx } from '@caption-queue/model/engines/onnx/model';
import { InferenceSession, Tensor } from '@caption-queue/model/engines/onnx/runtime';
import { expect, it } from 'vitest';
import { relativeDifference } from '../../../../support/numbers/compare.ts';
import { createRandom } from '../../../../support/numbers/random.ts';

const random = createRandom(11);
const [inputs, outputs] = [256, 96];
const values = Float32Array.from({ length: inputs * outputs }, () => random() - 0.5);
const matrix = { name: 'kernel', shape: [inputs, outputs] as [number, number], values };

async function multiply(rows: Float32Array): Promise<Float32Array> {
  const graph = createGraphBuilder('product');
  int8Product(graph, { value: 'x', matrix, output: 'y' });
  const model = graph.finish(
    [{ name: 'x', type: 'float32', shape: ['rows', inputs] }],
    [{ name: 'y', type: 'float32' }],
  );
  const session = await InferenceSession.create(serialiseOnnx(model));
  const { y } = await session.run({
    x: new Tensor('float32', rows, [rows.length / inputs, inputs]),
  });
  return y?.data as Float32Array;
}

it('is within a hundredth of the float32 product', async () => {
  const row = Float32Array.from({ length: inputs }, () => random() * 2 - 1);
  const expected = new Float32Array(outputs);
  for (let i = 0; i < values.length; i++) {
    const output = i % outputs;
    expected[output] =
      (expected[output] as number) +
      (values[i] as number) * (row[Math.floor(i / outputs)] as number);
  }
  expect(relativeDifference(expected, await multiply(row))).toBeLessThan(0.01);
});

it('of a row does not depend on the others', async () => {
  const small = Float32Array.from({ length: inputs }, () => random() * 0.01);
  const large = Float32Array.from({ length: inputs }, () => random() * 100);
  const together = await multiply(Float32Array.of(...large, ...small, ...large));
  const alone = await multiply(small);
  expect(relativeDifference(alone, together.subarray(outputs, 2 * outputs))).toBeLessThan(1e-5);
});

it('keeps weights to half a step of their block', () => {
  const { codes, scales } = quantiseBlocks(matrix);
  expect(scales).toHaveLength(outputs * 2);
  values.forEach((value, i) => {
    const [input, output] = [Math.floor(i / outputs), i % outputs];
    const scale = scales[output * 2 + Math.floor(input / 128)] as number;
    const kept = ((codes[output * inputs + input] as number) - 128) * scale;
    expect(Math.abs(kept - value)).toBeLessThanOrEqual(scale / 2 + 1e-7);
  });
});

it('is for large matrices whose inputs fill whole blocks', () => {
  expect(suitsInt8([512, 2942])).toBe(true);
  expect(suitsInt8([500, 2942])).toBe(false);
  expect(suitsInt8([512, 1])).toBe(false);
});
