// The encoder's top blocks for training: the layers above an inner one, as operations on named weights.

import { GRID_CELLS } from '@caption-queue/contract/bundle';
import {
  type ConvolutionStep,
  type Pooling,
  planConvolutions,
} from '@caption-queue/model/layers-model/convolution-plan';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import { weight } from './network.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';
import type { WeightDescription, Weights } from './weights.ts';

/** A grid has this many cells a side. */
const SIDE = Math.sqrt(GRID_CELLS);

export interface EncoderBlocks {
  /** `<convolution>/kernel` and `<convolution>/bias`, batch normalisation folded in. */
  readonly weights: readonly WeightDescription[];
  /** Of the encoder as it is. */
  readonly values: ReadonlyMap<string, Float32Array>;
  /** grids of the inner layer `[B, 64, C]` → the encoder's grids `[B, 64, 2048]` */
  grids(weights: Weights, inner: Tensor): Tensor;
  /** As `grids`, and told of each convolution's output after ReLU, `[B, 8, 8, channels]`. */
  observe(weights: Weights, inner: Tensor, onOutput: OnOutput): Tensor;
}

type OnOutput = (convolution: string, output: Tensor) => void;

/**
 * @param layer the inner layer; what lies above it is trained
 * @throws LayersModelError when the encoder has no such layer
 */
export function buildEncoderBlocks(
  tf: TensorFlow,
  encoder: LayersModel,
  layer: string,
): EncoderBlocks {
  const plan = planConvolutions(encoder);
  const { output: inner, steps: below } = planConvolutions(encoder, layer);
  const frozen = new Set(below.map(({ name }) => name));
  const steps = plan.steps.filter(({ name }) => !frozen.has(name));
  const values = new Map<string, Float32Array>();
  const weights = steps.flatMap((step): WeightDescription[] => {
    if (step.kind !== 'convolution') return [];
    values.set(`${step.name}/kernel`, step.kernel);
    values.set(`${step.name}/bias`, step.bias);
    return [
      { name: `${step.name}/kernel`, shape: step.kernelShape, initializer: 'glorot' },
      { name: `${step.name}/bias`, shape: [step.bias.length], initializer: 'zeros' },
    ];
  });
  const observe = (current: Weights, grids: Tensor, onOutput?: OnOutput) => {
    const [photos, cells, channels] = grids.shape as [number, number, number];
    const outputs = new Map([[inner, grids.reshape([photos, SIDE, SIDE, channels])]]);
    for (const step of steps) {
      const output = run(tf, current, step, outputs);
      if (step.kind === 'convolution') onOutput?.(step.name, output);
      outputs.set(step.name, output);
    }
    return outputAt(outputs, plan.output).reshape([photos, cells, -1]);
  };
  return { weights, values, grids: (current, grids) => observe(current, grids), observe };
}

function run(
  tf: TensorFlow,
  weights: Weights,
  step: ConvolutionStep,
  outputs: ReadonlyMap<string, Tensor>,
): Tensor {
  if (step.kind === 'concatenation') {
    return tf.concat(
      step.inputs.map((name) => outputAt(outputs, name)),
      3,
    );
  }
  const input = outputAt(outputs, step.input);
  if (step.kind !== 'convolution') return pool(tf, step, input);
  const kernel = weight(weights, `${step.name}/kernel`);
  const sum: Tensor = tf.conv2d(input as never, kernel as never, step.strides, step.padding);
  const shifted = sum.add(weight(weights, `${step.name}/bias`));
  return step.relu ? shifted.relu() : shifted;
}

function pool(tf: TensorFlow, { kind, size, strides, padding }: Pooling, input: Tensor): Tensor {
  return kind === 'max-pooling'
    ? tf.maxPool(input as never, size, strides, padding)
    : tf.avgPool(input as never, size, strides, padding);
}

function outputAt(outputs: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const output = outputs.get(name);
  if (!output) throw new RangeError(`The encoder's blocks have no output of ${name}.`);
  return output;
}
