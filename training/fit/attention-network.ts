// The attention decoder for training: training/decoders/attention.ts, a batch of sequences at a time.

import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import { type AttentionDecoderSizes, attentionTopology } from '../decoders/attention.ts';
import { additiveScores } from './additive-scores.ts';
import { dense, denseWeights, embeddingWeights, lstmCell, lstmWeights } from './layers.ts';
import { type Network, picture, weight } from './network.ts';
import type { TensorFlow } from './tensorflow-types.ts';

/** `P` annotation size, `A` attention size; the others as in network.ts. */
export function buildAttentionNetwork(tf: TensorFlow, sizes: AttentionDecoderSizes): Network {
  const { vocabularySize, embeddingSize, units, annotationSize, attentionSize } = sizes;
  return {
    kind: 'attention',
    units,
    vocabularySize,
    topology: attentionTopology(sizes),
    weights: [
      ...denseWeights('annotations', [FEATURE_SIZE, annotationSize]),
      ...denseWeights('keys', [annotationSize, attentionSize], { bias: false }),
      ...denseWeights('state', [FEATURE_SIZE, units]),
      ...denseWeights('cell', [FEATURE_SIZE, units]),
      embeddingWeights('words', vocabularySize, embeddingSize),
      ...denseWeights('query', [units, attentionSize]),
      ...denseWeights('score', [attentionSize, 1], { bias: false }),
      ...denseWeights('gate', [units, annotationSize]),
      ...lstmWeights('lstm', embeddingSize + annotationSize, units),
      ...denseWeights('output_sum', [units + annotationSize, embeddingSize]),
      ...denseWeights('logits', [embeddingSize, vocabularySize]),
    ],

    start(weights, grids, dropout) {
      const kept = dropout(grids);
      const annotations = dense(tf, weights, 'annotations', kept).relu();
      const pooled = kept.mean(1);
      return {
        pictures: {
          annotations, // [B, 64, P]
          keys: dense(tf, weights, 'keys', annotations), // [B, 64, A]
          contextKernel: weight(weights, 'lstm/kernel').slice(
            [embeddingSize, 0],
            [annotationSize, 4 * units],
          ),
        },
        state: dense(tf, weights, 'state', pooled).tanh(),
        cell: dense(tf, weights, 'cell', pooled).tanh(),
      };
    },

    words: (weights, tokens, dropout) =>
      dropout(tf.gather(weight(weights, 'words/embeddings'), tokens)),

    gateInputs(weights, words) {
      const kernel = weight(weights, 'lstm/kernel').slice([0, 0], [embeddingSize, 4 * units]);
      return words.matMul(kernel).add(weight(weights, 'lstm/bias'));
    },

    step(weights, { pictures, captions, gateInputs, state, cell }) {
      const annotations = picture(pictures, 'annotations');
      const keys = picture(pictures, 'keys');
      const photos = keys.shape[0] as number;
      const queries = dense(tf, weights, 'query', state).reshape([captions, photos, attentionSize]);
      const vector = weight(weights, 'score/kernel');
      const attention = additiveScores(tf, { keys, queries, vector }).softmax(); // [C, B, 64]
      const look = attention
        .transpose([1, 0, 2])
        .matMul(annotations) // [B, C, P]
        .transpose([1, 0, 2])
        .reshape([captions * photos, annotationSize]);
      const context = dense(tf, weights, 'gate', state).sigmoid().mul(look);
      const gates = gateInputs
        .add(context.matMul(picture(pictures, 'contextKernel')))
        .add(state.matMul(weight(weights, 'lstm/recurrent_kernel')));
      const next = lstmCell(tf, { gates, cell });
      return { ...next, output: tf.concat([next.state, context], 1) };
    },

    logits(weights, { outputs, words }, dropout) {
      const output = dense(tf, weights, 'output_sum', outputs).add(words).tanh();
      return dense(tf, weights, 'logits', dropout(output));
    },
  };
}
