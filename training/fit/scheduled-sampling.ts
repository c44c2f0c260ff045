// Scheduled sampling (Bengio et al. 2015, https://arxiv.org/abs/1506.03099) for whole sequences: some of the words that
// a step reads are the model's own guesses from a first pass, as in serving, instead of those that people wrote (in
// parallel as in Duckworth et al. 2019, https://arxiv.org/abs/1906.04331).
import { createRandom } from '../random.ts';
import type { CaptionBatch } from './batches.ts';
import { type Network, noDropout } from './network.ts';
import { sequenceLogits } from './teacher-forcing.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';
import type { Weights } from './weights.ts';

/**
 * The batch with a share of its inputs, first words excepted, replaced by the likeliest words after those before.
 * @param grids `[B, 64, 2048]`
 */
export function withOwnWords(
  tf: TensorFlow,
  {
    network,
    weights,
    batch,
    grids,
    share,
    seeds,
  }: {
    network: Network;
    weights: Weights;
    batch: CaptionBatch;
    grids: Tensor;
    share: number;
    seeds: readonly number[];
  },
): CaptionBatch {
  const random = createRandom(...seeds);
  const guesses = tf.tidy(() =>
    sequenceLogits(tf, { network, weights, batch, grids, dropout: noDropout }).argMax(1).dataSync(),
  );
  const inputs = batch.inputs.slice();
  let start = 0;
  batch.active.forEach((captions, step) => {
    const rows = captions * batch.photos.length;
    const rowsBefore = (batch.active[step - 1] ?? 0) * batch.photos.length;
    for (let row = 0; row < rows && step > 0; row++) {
      // A row is the same caption at every step that it has.
      if (random.next() < share) inputs[start + row] = guesses[start - rowsBefore + row] as number;
    }
    start += rows;
  });
  return { ...batch, inputs };
}
