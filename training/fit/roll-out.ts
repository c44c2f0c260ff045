// Captions of many photos at once with the weights in training, word by word: the likeliest, or drawn at random.
import {
  beginTokenId,
  endTokenId,
  padTokenId,
  unknownTokenId,
} from '@caption-queue/model/vocabulary';
import { createRandom } from '../random.ts';
import { type Network, noDropout } from './network.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';
import type { Weights } from './weights.ts';

/** Added to the logits of tokens that no caption may contain. */
const NEVER = -1e9;

export interface RollOut {
  network: Network;
  weights: Weights;
  /** `[B, 64, 2048]` */
  grids: Tensor;
  /** After which a caption is cut. */
  maximumWords: number;
}

/** @returns the tokens of each photo's caption, without begin and end */
export function greedyTokens(tf: TensorFlow, request: RollOut): number[][] {
  return rollOut(tf, { ...request, captions: 1, choose: (logits) => logits.argMax(1) });
}

/**
 * @param captions how many of each photo
 * @param candidates a word is drawn from this many likeliest ones
 * @returns tokens of the captions, ordered by caption, then photo
 */
export function sampledTokens(
  tf: TensorFlow,
  request: RollOut & { captions: number; candidates: number; seeds: readonly number[] },
): number[][] {
  const random = createRandom(...request.seeds);
  // The Gumbel-max trick: the highest of log-probabilities with Gumbel noise is a draw from them.
  const gumbel = () => -Math.log(-Math.log(Math.max(random.next(), Number.MIN_VALUE)));
  return rollOut(tf, {
    ...request,
    choose(logits) {
      const { values, indices } = tf.topk(logits, request.candidates);
      const noise = Float32Array.from({ length: values.size }, gumbel);
      const drawn = values.add(tf.tensor(noise, values.shape)).argMax(1);
      return indices.mul(tf.oneHot(drawn as never, request.candidates)).sum(1);
    },
  });
}

function rollOut(
  tf: TensorFlow,
  {
    network,
    weights,
    grids,
    maximumWords,
    captions,
    choose,
  }: RollOut & { captions: number; choose: (logits: Tensor) => Tensor },
): number[][] {
  const photos = grids.shape[0] as number;
  const rows = Array.from({ length: captions * photos }, (): number[] => []);
  tf.tidy(() => {
    const { pictures, ...started } = network.start(weights, grids, noDropout);
    const forbidden = forbiddenTokens(tf, network.vocabularySize);
    let state = started.state.tile([captions, 1]);
    let cell = started.cell.tile([captions, 1]);
    let last: Tensor = tf.fill([rows.length], beginTokenId, 'int32');
    const open = new Set(rows.keys());
    for (let step = 0; step < maximumWords && open.size > 0; step++) {
      const words = network.words(weights, last, noDropout);
      const gateInputs = network.gateInputs(weights, words);
      const result = network.step(weights, { pictures, captions, gateInputs, state, cell });
      ({ state, cell } = result);
      const logits = network.logits(weights, { outputs: result.output, words }, noDropout);
      last = choose(logits.add(forbidden));
      const tokens = last.dataSync();
      for (const row of open) {
        const token = tokens[row] as number;
        if (token === endTokenId) open.delete(row);
        else rows[row]?.push(token);
      }
    }
  });
  return rows;
}

/** `[V]`: NEVER for tokens that are no words, 0 elsewhere. */
function forbiddenTokens(tf: TensorFlow, vocabularySize: number): Tensor {
  const values = new Float32Array(vocabularySize);
  for (const token of [padTokenId, beginTokenId, unknownTokenId]) values[token] = NEVER;
  return tf.tensor1d(values);
}
