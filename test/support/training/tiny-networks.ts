// Small networks with random weights, for tests of the training.
import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import { buildNetwork } from '@caption-queue/training/fit/settings';
import type { TensorFlow } from '@caption-queue/training/fit/tensorflow-types';
import { initialValues } from '@caption-queue/training/fit/weights';
import { createRandom } from '../numbers/random.ts';

export const tinySizes = {
  vocabularySize: 23,
  embeddingSize: 7,
  units: 6,
  annotationSize: 9,
  attentionSize: 5,
};

/** Biases are random too, so that a forgotten one shows. */
export function tinyNetwork(tf: TensorFlow, decoder: 'attention' | 'merge') {
  const network = buildNetwork(tf, { decoder, sizes: tinySizes, dropout: 0.5 });
  const random = createRandom(11);
  const values = initialValues(network.weights, 5);
  for (const data of values.values()) {
    for (let i = 0; i < data.length; i++) data[i] = (data[i] as number) + (random() - 0.5) * 0.2;
  }
  return { network, values };
}

/** A classifier of two classes: one is the first feature, the other the second. */
export const tinyClassifier = (): LayersModel => ({
  name: 'classifier',
  layers: [],
  inputs: [],
  outputs: [],
  weights: new Map([
    [
      'predictions/kernel',
      {
        shape: [FEATURE_SIZE, 2],
        dtype: 'float32',
        data: Float32Array.from({ length: 2 * FEATURE_SIZE }, (_, i) => Number(i === 0 || i === 3)),
      },
    ],
    ['predictions/bias', { shape: [2], dtype: 'float32', data: new Float32Array(2) }],
  ]),
});
