// Small helpers to write a functional layers model of stock Keras layers.
import type { Layer, TensorReference } from '@caption-queue/model/layers-model/layers-model';

/** A decoder before it has weights: `start` runs once a picture, `step` once a word. */
export interface DecoderTopology {
  start: ModelTopology;
  step: ModelTopology;
}

export interface ModelTopology {
  name: string;
  layers: Layer[];
  inputs: TensorReference[];
  outputs: TensorReference[];
}

/** The tensor that a layer's only (or given) output is. */
export function outputOf(layer: string, output = 0): TensorReference {
  return [layer, 0, output, {}];
}

export function input(
  name: string,
  shape: number[],
  dtype: 'float32' | 'int32' = 'float32',
): Layer {
  const config = { batch_input_shape: [null, ...shape], dtype, sparse: false };
  return { name, className: 'InputLayer', config, inputs: [] };
}

/** `from` names layers (their first output) or says which output. */
export function layer(
  className: string,
  name: string,
  { from, ...config }: { from: (string | TensorReference)[] } & Record<string, unknown>,
): Layer {
  const inputs = from.map((source) => (typeof source === 'string' ? outputOf(source) : source));
  return { name, className, config: { trainable: true, ...config }, inputs };
}
