// Teachers say together what each of them says on average.
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import { buildBatch } from '@caption-queue/training/fit/batches';
import { type Checkpoint, initialState } from '@caption-queue/training/fit/checkpoint';
import { noDropout } from '@caption-queue/training/fit/network';
import { greedyTokens } from '@caption-queue/training/fit/roll-out';
import { buildNetwork, type FitSettings } from '@caption-queue/training/fit/settings';
import { sequenceLogits } from '@caption-queue/training/fit/teacher-forcing';
import { createTeachers } from '@caption-queue/training/fit/teachers';
import { createWeights, initialValues } from '@caption-queue/training/fit/weights';
import { describe, expect, it } from 'vitest';
import { hasTensorFlow } from '../../support/model/engines.ts';
import { relativeDifference } from '../../support/numbers/compare.ts';
import { createRandom } from '../../support/numbers/random.ts';
import { tinySizes } from '../../support/training/tiny-networks.ts';

const photos = [
  { file: 'a', captions: [[4, 5, 6], [7]] },
  {
    file: 'b',
    captions: [
      [8, 9],
      [10, 11, 12, 13],
    ],
  },
];
const random = createRandom(4);
const gridValues = Float32Array.from({ length: photos.length * 64 * 2048 }, random);

describe.skipIf(!hasTensorFlow())('teachers', () => {
  const tf = loadTensorFlow();
  const grids = tf.tensor(gridValues, [photos.length, 64, 2048]);
  const batch = buildBatch(photos, { maximumWords: 5, flipShare: 0, seeds: [1] });

  /** A model with weights of its own. */
  function modelOf(decoder: FitSettings['decoder'], seed: number, sizes = tinySizes): Checkpoint {
    const settings = { decoder, sizes, dropout: 0.5 } as FitSettings;
    const values = initialValues(buildNetwork(tf, settings).weights, seed);
    return { settings, state: initialState(), values };
  }

  function probsOf({ settings, values }: Checkpoint): Float32Array {
    const network = buildNetwork(tf, settings);
    const weights = createWeights(tf, network.weights, values);
    const logits = sequenceLogits(tf, { network, weights, batch, grids, dropout: noDropout });
    return logits.softmax().dataSync() as Float32Array;
  }

  it.each(['attention', 'merge'] as const)(
    'of kind %s give each word the mean of their probabilities, and leave no tensor behind',
    (decoder) => {
      const models = [1, 2, 3].map((seed) => modelOf(decoder, seed));
      const all = models.map(probsOf);
      const wanted = Float32Array.from(all[0] as Float32Array, (_, i) =>
        all.reduce((sum, probs) => sum + (probs[i] as number) / all.length, 0),
      );
      const before = tf.memory().numTensors;
      const teachers = createTeachers(tf, models);
      const probs = tf.tidy(() => teachers.wordProbs(batch, grids).dataSync());
      teachers.dispose();
      expect(tf.memory().numTensors).toBe(before);
      expect(relativeDifference(wanted, probs)).toBeLessThan(1e-5);
      expect(relativeDifference(all[0] as Float32Array, probs)).toBeGreaterThan(1e-3);
    },
  );

  it('caption photos, and two of the same as one of them', () => {
    const [one, two] = [1, 2].map((count) => {
      const model = modelOf('attention', 5);
      const { network } = createTeachers(tf, Array<Checkpoint>(count).fill(model));
      return greedyTokens(tf, { network, weights: new Map(), grids, maximumWords: 6 });
    });
    expect(one).toHaveLength(2);
    expect(two).toEqual(one);
  });

  it('have to have the same sizes', () => {
    const other = modelOf('attention', 1, { ...tinySizes, units: 5 });
    expect(() => createTeachers(tf, [modelOf('attention', 1), other])).toThrow(
      'Teachers need the same decoder and sizes',
    );
  });
});
