// Layers that no shipped decoder has, but imported ones may: their ONNX form computes what Keras does.

import { buildLayersGraph } from '@caption-queue/model/engines/onnx/layers-graph';
import { serialiseOnnx } from '@caption-queue/model/engines/onnx/model';
import { InferenceSession, Tensor } from '@caption-queue/model/engines/onnx/runtime';
import type { Layer, LayersModel, Weight } from '@caption-queue/model/layers-model/layers-model';
import { input, layer, outputOf } from '@caption-queue/training/decoders/topology';
import { expect, it } from 'vitest';

const x = [-3, -1, 0, 0.5, 4];

async function run(layers: Layer[], weights: [string, Weight][] = []): Promise<number[]> {
  const last = layers.at(-1) as Layer;
  const model: LayersModel = {
    name: 'test',
    layers: [input('x', [x.length]), ...layers],
    inputs: [outputOf('x')],
    outputs: [outputOf(last.name)],
    weights: new Map(weights),
  };
  const session = await InferenceSession.create(serialiseOnnx(buildLayersGraph(model, ['y'])));
  const { y } = await session.run({
    x: new Tensor('float32', Float32Array.from(x), [1, x.length]),
  });
  return Array.from(y?.data as Float32Array);
}

it.each([
  ['relu', (v: number) => Math.max(0, v)],
  ['tanh', Math.tanh],
  ['sigmoid', (v: number) => 1 / (1 + Math.exp(-v))],
  ['hard_sigmoid', (v: number) => Math.min(1, Math.max(0, 0.2 * v + 0.5))],
])('activates by %s', async (activation, expected) => {
  const result = await run([layer('Activation', 'y0', { from: ['x'], activation })]);
  for (const [i, value] of x.entries()) expect(result[i]).toBeCloseTo(expected(value), 5);
});

it('adds and multiplies more than two values', async () => {
  const sum = await run([layer('Add', 'sum', { from: ['x', 'x', 'x'] })]);
  expect(sum).toEqual(x.map((value) => 3 * value));
  const product = await run([layer('Multiply', 'product', { from: ['x', 'x', 'x'] })]);
  expect(product[4]).toBe(64);
});

it('runs a dense layer without bias', async () => {
  const kernel: Weight = { shape: [5, 1], dtype: 'float32', data: Float32Array.of(1, 2, 3, 4, 5) };
  const result = await run(
    [layer('Dense', 'dense', { from: ['x'], units: 1, use_bias: false })],
    [['dense/kernel', kernel]],
  );
  expect(result).toEqual([17]);
});

it('says which layer or weight it can’t export', async () => {
  await expect(run([layer('GRU', 'memory', { from: ['x'] })])).rejects.toThrow(
    'Layer memory is a GRU',
  );
  await expect(run([layer('Dense', 'dense', { from: ['x'], units: 1 })])).rejects.toThrow(
    'dense/kernel is missing',
  );
  const swish = layer('Activation', 'y0', { from: ['x'], activation: 'swish' });
  await expect(run([swish])).rejects.toThrow('The activation swish is not supported');
});
