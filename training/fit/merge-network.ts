// The merge decoder for training: training/decoders/merge.ts, a batch of sequences at a time.

import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import { type MergeDecoderSizes, mergeTopology } from '../decoders/merge.ts';
import { dense, denseWeights, embeddingWeights, lstmCell, lstmWeights } from './layers.ts';
import { type Network, picture, weight } from './network.ts';
import type { TensorFlow } from './tensorflow-types.ts';

export function buildMergeNetwork(tf: TensorFlow, sizes: MergeDecoderSizes): Network {
  const { vocabularySize, embeddingSize, units } = sizes;
  return {
    kind: 'merge',
    units,
    vocabularySize,
    topology: mergeTopology(sizes),
    weights: [
      ...denseWeights('picture', [FEATURE_SIZE, units]),
      embeddingWeights('words', vocabularySize, embeddingSize),
      ...lstmWeights('lstm', embeddingSize, units),
      ...denseWeights('output', [units, units]),
      ...denseWeights('logits', [units, vocabularySize]),
    ],

    start(weights, grids, dropout) {
      const vector = dense(tf, weights, 'picture', dropout(grids.mean(1))).relu();
      const zeros = tf.zeros([grids.shape[0] as number, units]);
      return { pictures: { picture: vector }, state: zeros, cell: zeros };
    },

    words: (weights, tokens, dropout) =>
      dropout(tf.gather(weight(weights, 'words/embeddings'), tokens)),

    gateInputs: (weights, words) =>
      words.matMul(weight(weights, 'lstm/kernel')).add(weight(weights, 'lstm/bias')),

    step(weights, { pictures, captions, gateInputs, state, cell }) {
      const gates = gateInputs.add(state.matMul(weight(weights, 'lstm/recurrent_kernel')));
      const next = lstmCell(tf, { gates, cell });
      const merged = next.state.reshape([captions, -1, units]).add(picture(pictures, 'picture'));
      return { ...next, output: merged.reshape([-1, units]) };
    },

    logits(weights, { outputs }) {
      return dense(tf, weights, 'logits', dense(tf, weights, 'output', outputs).relu());
    },
  };
}
