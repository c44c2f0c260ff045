// The stock layers that both networks are made of, as operations on named weights.
import { weight } from './network.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';
import type { WeightDescription, Weights } from './weights.ts';

/** values `[…, in]` → `[…, out]`. The bias is added where the layer has one. */
export function dense(tf: TensorFlow, weights: Weights, name: string, values: Tensor): Tensor {
  const kernel = weight(weights, `${name}/kernel`);
  const [inputs, outputs] = kernel.shape as [number, number];
  const product = tf.matMul(values.reshape([-1, inputs]), kernel);
  const bias = weights.get(`${name}/bias`);
  const sum = bias ? product.add(bias) : product;
  return sum.reshape([...values.shape.slice(0, -1), outputs]);
}

/**
 * One step of an LSTM in Keras's gate order (input, forget, cell, output).
 * @param gates `[rows, 4U]`: the sum of all inputs' shares and the bias
 * @param cell `[rows, U]`
 * @see Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000
 */
export function lstmCell(
  tf: TensorFlow,
  { gates, cell }: { gates: Tensor; cell: Tensor },
): { state: Tensor; cell: Tensor } {
  const [enter, keep, candidate, expose] = tf.split(gates, 4, 1) as [
    Tensor,
    Tensor,
    Tensor,
    Tensor,
  ];
  const next = keep.sigmoid().mul(cell).add(enter.sigmoid().mul(candidate.tanh()));
  return { state: expose.sigmoid().mul(next.tanh()), cell: next };
}

export function denseWeights(
  name: string,
  [inputs, outputs]: [number, number],
  { bias = true } = {},
): WeightDescription[] {
  const kernel: WeightDescription = {
    name: `${name}/kernel`,
    shape: [inputs, outputs],
    initializer: 'glorot',
  };
  return bias
    ? [kernel, { name: `${name}/bias`, shape: [outputs], initializer: 'zeros' }]
    : [kernel];
}

export function lstmWeights(name: string, inputs: number, units: number): WeightDescription[] {
  return [
    { name: `${name}/kernel`, shape: [inputs, 4 * units], initializer: 'glorot' },
    { name: `${name}/recurrent_kernel`, shape: [units, 4 * units], initializer: 'glorot' },
    { name: `${name}/bias`, shape: [4 * units], initializer: 'lstm-bias' },
  ];
}

export function embeddingWeights(
  name: string,
  vocabularySize: number,
  size: number,
): WeightDescription {
  return { name: `${name}/embeddings`, shape: [vocabularySize, size], initializer: 'embedding' };
}
