// Which Keras layers a captioner may be made of, what weights each has, and what each becomes in a bundle.

import type { Layer, TensorReference } from '@caption-queue/model/layers-model/layers-model';
import { layer } from '../decoders/topology.ts';
import { TrainingError } from '../failure.ts';

export interface LayerPlan {
  /** As it goes into a bundle; names have a prefix, so that none is one of a decoder's own (`state`). */
  layer: Layer;
  /** Name and shape of each weight, in Keras's order, from the last dimension of what enters. */
  weights(width: number): WeightShape[];
  /** Last dimension of what leaves, where it is another than of what enters. */
  width?: number;
}

export type WeightShape = [name: string, shape: number[]];

type Fail = (reason: string) => never;
type Part = { className: string; config: Record<string, unknown> } & Partial<
  Omit<LayerPlan, 'layer'>
>;

const parts: Record<string, (config: Record<string, unknown>, fail: Fail) => Part> = {
  Dropout: ({ rate }) => ({ className: 'Dropout', config: { rate } }),
  Activation: ({ activation }, fail) => activationPart(activation, fail),
  Softmax: (_, fail) => activationPart('softmax', fail),
  ReLU({ max_value, negative_slope, threshold }, fail) {
    if (max_value || negative_slope || threshold) fail('is no plain ReLU');
    return activationPart('relu', fail);
  },
  Add: () => ({ className: 'Add', config: {} }),
  Multiply: () => ({ className: 'Multiply', config: {} }),
  Dense(config, fail) {
    const units = config.units as number;
    const hasBias = config.use_bias !== false;
    const activation = activationOf(config.activation, fail);
    return {
      className: 'Dense',
      config: { units, activation, use_bias: hasBias },
      weights: (width) => [
        ['kernel', [width, units]],
        ...(hasBias ? [['bias', [units]] satisfies WeightShape] : []),
      ],
      width: units,
    };
  },
  Embedding(config) {
    const [rows, width] = [config.input_dim as number, config.output_dim as number];
    return {
      className: 'Embedding',
      config: { input_dim: rows, output_dim: width },
      weights: () => [['embeddings', [rows, width]]],
      width,
    };
  },
  LSTM(config, fail) {
    const units = config.units as number;
    if (config.return_sequences) fail('returns all its steps');
    if (config.go_backwards) fail('reads backwards');
    if (config.use_bias === false) fail('has no bias');
    return {
      className: 'LSTM',
      config: {
        units,
        activation: activationOf(config.activation, fail),
        recurrent_activation: activationOf(config.recurrent_activation, fail),
        unit_forget_bias: true,
        return_state: true,
      },
      weights: (width) => [
        ['kernel', [width, 4 * units]],
        ['recurrent_kernel', [units, 4 * units]],
        ['bias', [4 * units]],
      ],
      width: units,
    };
  },
};

/** @throws TrainingError that names a layer which a captioner can't have */
export function planLayer(keras: Layer, path: string): LayerPlan {
  const fail: Fail = (reason) => {
    throw new TrainingError(
      `The layer ${keras.name} of ${path} ${reason}; docs/keras.md says what can be imported.`,
    );
  };
  const part = parts[keras.className];
  if (!part) return fail(`is of the kind ${keras.className}`);
  const { className, config, weights = () => [], width } = part(keras.config, fail);
  const from = keras.inputs.map(([name]): TensorReference => [ownName(name), 0, 0, {}]);
  return {
    layer: layer(className, ownName(keras.name), { from, ...config }),
    weights,
    ...(width !== undefined && { width }),
  };
}

export function ownName(kerasName: string): string {
  return `keras_${kerasName}`;
}

const activations = ['linear', 'relu', 'tanh', 'sigmoid', 'softmax', 'hard_sigmoid'];

function activationOf(value: unknown, fail: Fail): string {
  const name = value ?? 'linear';
  if (typeof name === 'string' && activations.includes(name)) return name;
  return fail(`has the activation ${JSON.stringify(name)}`);
}

function activationPart(activation: unknown, fail: Fail): Part {
  return { className: 'Activation', config: { activation: activationOf(activation, fail) } };
}
