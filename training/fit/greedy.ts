// Greedy captions of many photos at once with the weights in training, to watch the dev split between epochs.
import {
  beginTokenId,
  endTokenId,
  padTokenId,
  unknownTokenId,
  type Vocabulary,
} from '@caption-queue/captioning/vocabulary';
import { type Network, noDropout } from './network.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';
import type { Weights } from './weights.ts';

/** Added to the logits of tokens that no caption may contain. */
const NEVER = -1e9;

/**
 * @param grids `[B, 64, 2048]`
 * @param maximumWords after which a caption is cut
 * @returns the words of each photo's caption
 */
export function greedyCaptions(
  tf: TensorFlow,
  {
    network,
    weights,
    vocabulary,
    grids,
    maximumWords,
  }: {
    network: Network;
    weights: Weights;
    vocabulary: Vocabulary;
    grids: Tensor;
    maximumWords: number;
  },
): string[][] {
  const photos = grids.shape[0] as number;
  const tokens = tf.tidy(() => {
    const { pictures, ...started } = network.start(weights, grids, noDropout);
    const forbidden = forbiddenTokens(tf, network.vocabularySize);
    let { state, cell } = started;
    let last: Tensor = tf.fill([photos], beginTokenId, 'int32');
    const chosen: Tensor[] = [];
    for (let step = 0; step < maximumWords; step++) {
      const words = network.words(weights, last, noDropout);
      const gateInputs = network.gateInputs(weights, words);
      const result = network.step(weights, { pictures, captions: 1, gateInputs, state, cell });
      ({ state, cell } = result);
      const logits = network.logits(weights, { outputs: result.output, words }, noDropout);
      last = logits.add(forbidden).argMax(1);
      chosen.push(last);
    }
    return tf.stack(chosen, 1).arraySync() as number[][];
  });
  return tokens.map((row) => {
    const end = row.indexOf(endTokenId);
    return row.slice(0, end < 0 ? row.length : end).map((token) => vocabulary.wordOf(token));
  });
}

/** `[V]`: NEVER for tokens that are no words, 0 elsewhere. */
function forbiddenTokens(tf: TensorFlow, vocabularySize: number): Tensor {
  const values = new Float32Array(vocabularySize);
  for (const token of [padTokenId, beginTokenId, unknownTokenId]) values[token] = NEVER;
  return tf.tensor1d(values);
}
