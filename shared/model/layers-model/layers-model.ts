// A TensorFlow.js layers model as plain data: the topology of a Keras functional model and its weights.
// https://www.tensorflow.org/js/guide/conversion — the format that tfjs-node loads and Keras people know.

/** Where a layer's input comes from: layer, node (always 0 here: no layer is shared) and output index. */
export type TensorReference = [layer: string, node: number, output: number, kwargs?: object];

export interface Layer {
  name: string;
  className: string;
  config: Record<string, unknown>;
  inputs: TensorReference[];
}

/** A weight as stored. `uint8` is affine: value = stored × scale + min, one scale per tensor. */
export type Weight = { shape: number[] } & (
  | { dtype: 'float32'; data: Float32Array }
  | { dtype: 'float16'; data: Uint16Array }
  | { dtype: 'uint8'; data: Uint8Array; scale: number; min: number }
);

export interface LayersModel {
  name: string;
  /** In an order in which every layer stands after those it reads. */
  layers: Layer[];
  inputs: TensorReference[];
  outputs: TensorReference[];
  /** By name, e.g. `conv2d_1/kernel`. */
  weights: Map<string, Weight>;
}

export class LayersModelError extends Error {
  override name = 'LayersModelError';
}
