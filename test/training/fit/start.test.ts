// A training that begins with a bundle's decoder knows what the bundle knew of the words that it keeps.
import { join } from 'node:path';
import { DEFAULT_BUNDLE } from '@caption-queue/model/bundle';
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import { createVocabulary, type Vocabulary } from '@caption-queue/model/vocabulary';
import type { Options } from '@caption-queue/training/command-line/command';
import type { FeatureFile } from '@caption-queue/training/features/feature-file';
import { noDropout } from '@caption-queue/training/fit/network';
import { buildNetwork } from '@caption-queue/training/fit/settings';
import { loadStart, startOfBundle } from '@caption-queue/training/fit/start';
import { sequenceLogits } from '@caption-queue/training/fit/teacher-forcing';
import { createWeights } from '@caption-queue/training/fit/weights';
import { describe, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';
import { hasTensorFlow } from '../../support/model/engines.ts';
import { writeTinyBundle } from '../../support/model/tiny-bundle.ts';
import { relativeDifference } from '../../support/numbers/compare.ts';
import { createRandom } from '../../support/numbers/random.ts';

const folder = useFolder();

describe.skipIf(!hasTensorFlow())('a start from a bundle', () => {
  const tf = loadTensorFlow();

  it.each(['attention', 'merge'] as const)(
    'gives the words that the %s decoder keeps the logits they had, and new ones those of <unknown>',
    async (kind) => {
      const bundle = await writeTinyBundle({ directory: join(folder, kind), kind });
      const vocabulary = createVocabulary(['street', 'a', 'zebra', 'dog']);
      const random = createRandom(2);
      const grids = Float32Array.from({ length: 64 * 2048 }, random);
      const logitsWith = async (own: Vocabulary) => {
        const { settings, values } = await startOfBundle(bundle, own);
        const network = buildNetwork(tf, { ...settings, dropout: 0 });
        const tokens = ['<begin>', 'a', 'dog'].map((word) => own.tokenIdOf(word));
        const logits = sequenceLogits(tf, {
          network,
          weights: createWeights(tf, network.weights, values),
          batch: { active: tokens.map(() => 1), inputs: Int32Array.from(tokens) },
          grids: tf.tensor(grids, [1, 64, 2048]),
          dropout: noDropout,
        });
        return (await logits.array()) as number[][];
      };
      const whole = await logitsWith(bundle.vocabulary);
      const chosen = await logitsWith(vocabulary);
      const expected = whole.map((row) =>
        vocabulary.toJSON().map((word) => row[bundle.vocabulary.tokenIdOf(word)] as number),
      );
      expect(chosen[0]).toHaveLength(8);
      const [wanted, got] = [expected, chosen].map((rows) => Float32Array.from(rows.flat()));
      expect(relativeDifference(wanted as Float32Array, got as Float32Array)).toBeLessThan(1e-5);
    },
  );

  it('needs features of its own encoder, and no other start beside it', async () => {
    const index = { layer: 'mixed10', graphHash: 'of another' };
    const startWith = (given: Record<string, string>) =>
      loadStart({ optionalText: (name: string) => given[name] } as Options, {
        best: () => Promise.reject(new Error('not asked for')),
        vocabulary: createVocabulary([]),
        features: { index } as FeatureFile,
      });
    await expect(startWith({ 'from-bundle': DEFAULT_BUNDLE })).rejects.toThrow(
      `make them with \`features --encoder ${DEFAULT_BUNDLE}\``,
    );
    await expect(startWith({ 'from-bundle': DEFAULT_BUNDLE, from: 'first' })).rejects.toThrow(
      'Give --from or --from-bundle, not both',
    );
    expect(await startWith({})).toBeUndefined();
  });
});
