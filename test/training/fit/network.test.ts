// The networks that are trained compute what their exported models compute, and their gradients are right.

import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import { toTensorFlow } from '@caption-queue/model/engines/tfjs/tfjs-engine';
import { beginTokenId } from '@caption-queue/model/vocabulary';
import { decoderModels } from '@caption-queue/training/export/decoder-models';
import { additiveScores } from '@caption-queue/training/fit/additive-scores';
import { buildBatch } from '@caption-queue/training/fit/batches';
import { smoothedCrossEntropy } from '@caption-queue/training/fit/loss';
import { noDropout } from '@caption-queue/training/fit/network';
import { withOwnWords } from '@caption-queue/training/fit/scheduled-sampling';
import { sequenceLogits } from '@caption-queue/training/fit/teacher-forcing';
import type { Tensor } from '@caption-queue/training/fit/tensorflow-types';
import { createWeights } from '@caption-queue/training/fit/weights';
import { describe, expect, it } from 'vitest';
import { hasTensorFlow } from '../../support/model/engines.ts';
import { relativeDifference } from '../../support/numbers/compare.ts';
import { createRandom } from '../../support/numbers/random.ts';
import { tinyNetwork, tinySizes } from '../../support/training/tiny-networks.ts';

const random = createRandom(3);
const randomValues = (size: number) => Float32Array.from({ length: size }, () => random() * 2 - 1);

describe.skipIf(!hasTensorFlow())('the trained networks', () => {
  const tf = loadTensorFlow();
  const floats = (tensor: Tensor) => tensor.dataSync() as Float32Array;

  it.each(['attention', 'merge'] as const)(
    'the %s network gives whole sequences the logits of its exported step model',
    async (decoder) => {
      const { network, values } = tinyNetwork(tf, decoder);
      const models = decoderModels(network, values, 'float32');
      const start = await toTensorFlow(tf, models.start);
      const step = await toTensorFlow(tf, models.step);
      const photos = 3;
      // Three captions a photo at first, then two, then one; rows are ordered by caption, then photo.
      const active = [3, 3, 2, 1];
      const rows = active.map((captions) => captions * photos);
      const tokens = rows.flatMap((count, index) =>
        Array.from({ length: count }, (_, row) =>
          index === 0 ? beginTokenId : (row * 7 + index) % 23,
        ),
      );
      const grids = tf.tensor(randomValues(photos * 64 * 2048), [photos, 64, 2048]);

      const weights = createWeights(tf, network.weights, values);
      const logits = sequenceLogits(tf, {
        network,
        weights,
        batch: { active, inputs: Int32Array.from(tokens) },
        grids,
        dropout: noDropout,
      });

      const made = [start.predict(grids)].flat() as Tensor[];
      const madeNames = models.start.outputs.map(([name]) => name);
      const repeated = (tensor: Tensor) => tensor.tile([3, ...tensor.shape.slice(1).map(() => 1)]);
      const state = new Map(
        madeNames.map((name, index): [string, Tensor] => [name, repeated(made[index] as Tensor)]),
      );
      for (const name of ['state', 'cell']) {
        if (!state.has(name)) state.set(name, tf.zeros([3 * photos, tinySizes.units]));
      }
      let offset = 0;
      const expected: number[] = [];
      for (const count of rows) {
        const inputs = models.step.inputs.map(([name]) => {
          if (name === 'token') {
            return tf.tensor(tokens.slice(offset, offset + count), [count, 1], 'int32');
          }
          const value = state.get(name) as Tensor;
          return value.slice(
            value.shape.map(() => 0),
            [count, ...value.shape.slice(1)],
          );
        });
        const [stepLogits, nextState, nextCell] = step.predict(inputs) as Tensor[];
        expected.push(...floats(stepLogits as Tensor));
        state.set('state', nextState as Tensor);
        state.set('cell', nextCell as Tensor);
        offset += count;
      }
      expect(logits.shape).toEqual([tokens.length, tinySizes.vocabularySize]);
      expect(relativeDifference(Float32Array.from(expected), floats(logits))).toBeLessThan(1e-5);
    },
  );

  it('the attention scores have the gradients of automatic differentiation', () => {
    const [captions, photos, cells, size] = [2, 3, 4, 5];
    const inputs = [
      tf.tensor(randomValues(photos * cells * size), [photos, cells, size]),
      tf.tensor(randomValues(captions * photos * size), [captions, photos, size]),
      tf.tensor(randomValues(size), [size, 1]),
    ];
    const weightsOfScores = tf.tensor(randomValues(captions * photos * cells), [
      captions,
      photos,
      cells,
    ]);
    const byHand = (keys: Tensor, queries: Tensor, vector: Tensor) =>
      additiveScores(tf, { keys, queries, vector });
    const automatic = (keys: Tensor, queries: Tensor, vector: Tensor) =>
      keys
        .reshape([1, photos, cells, size])
        .add(queries.reshape([captions, photos, 1, size]))
        .tanh()
        .reshape([-1, size])
        .matMul(vector)
        .reshape([captions, photos, cells]);
    const gradientsOf = (scores: typeof byHand) =>
      tf.grads((...args: Tensor[]) => {
        const [keys, queries, vector] = args as [Tensor, Tensor, Tensor];
        return scores(keys, queries, vector).mul(weightsOfScores).sum();
      })(inputs);
    const expected = gradientsOf(automatic);
    gradientsOf(byHand).forEach((gradient, index) => {
      const wanted = expected[index] as Tensor;
      expect(gradient.shape).toEqual(wanted.shape);
      expect(relativeDifference(floats(wanted), floats(gradient))).toBeLessThan(1e-5);
    });
  });

  it('the loss is the weighed cross-entropy to smoothed targets', () => {
    const logits = tf.tensor(randomValues(4 * 6), [4, 6]);
    const targets = tf.tensor1d([1, 5, 0, 3], 'int32');
    const counts = tf.tensor1d([1, 1, 0, 1]);
    const smoothing = 0.1;
    const automatic = (values: Tensor) =>
      tf
        .oneHot(targets, 6)
        .mul(1 - smoothing)
        .add(smoothing / 6)
        .mul(values.logSoftmax())
        .sum(1)
        .neg()
        .mul(counts)
        .sum()
        .div(3);
    const mean = counts.div(3);
    const byHand = (values: Tensor) =>
      smoothedCrossEntropy(tf, { logits: values, targets, weights: mean, smoothing });
    expect(floats(byHand(logits))[0]).toBeCloseTo(floats(automatic(logits))[0] as number, 6);
    const [wanted, gradient] = [automatic, byHand].map((loss) => floats(tf.grad(loss)(logits)));
    expect(relativeDifference(wanted as Float32Array, gradient as Float32Array)).toBeLessThan(1e-5);
  });

  it('read their own guesses in the place of words, where scheduled sampling says so', () => {
    const { network, values } = tinyNetwork(tf, 'merge');
    const photos = [{ file: 'a', captions: [[4, 5, 6], [7]] }];
    const batch = buildBatch(photos, { maximumWords: 5, flipShare: 0, seeds: [1] });
    const grids = tf.tensor(randomValues(64 * 2048), [1, 64, 2048]);
    const weights = createWeights(tf, network.weights, values);
    const own = { network, weights, batch, grids, seeds: [1] };
    const logits = sequenceLogits(tf, { ...own, dropout: noDropout });
    const guesses = Array.from(logits.argMax(1).dataSync());
    // Two captions at the first two steps, then the longer one alone.
    expect(batch.active).toEqual([2, 2, 1, 1]);
    expect(withOwnWords(tf, { ...own, share: 0 }).inputs).toEqual(batch.inputs);
    expect([...withOwnWords(tf, { ...own, share: 1 }).inputs]).toEqual([
      beginTokenId,
      beginTokenId,
      guesses[0],
      guesses[1],
      guesses[2],
      guesses[4],
    ]);
    expect(batch.inputs[2]).toBe(4);
  });
});
