// Greedy captions of the dev split with the weights in training, scored against what people wrote.

import { GRID_CELLS } from '@caption-queue/contract/bundle';
import type { Vocabulary } from '@caption-queue/model/vocabulary';
import type { PreparedCaptions } from '../dataset/prepared.ts';
import type { FeatureFile } from '../features/feature-file.ts';
import { readGrids } from '../features/read-features.ts';
import { type CaptionScores, scoreCaptions } from '../metrics/score-captions.ts';
import { scoringWords } from '../metrics/scored-caption.ts';
import type { EncoderBlocks } from './encoder-blocks.ts';
import type { Network } from './network.ts';
import { greedyTokens } from './roll-out.ts';
import type { TensorFlow } from './tensorflow-types.ts';
import type { Weights } from './weights.ts';

/** Photos captioned at once: bounded memory (a hundred grids are 52 MB), and large enough to be fast. */
const PHOTOS_AT_ONCE = 100;

export function scoreDev(
  tf: TensorFlow,
  {
    network,
    blocks,
    weights,
    vocabulary,
    dev,
    features,
    maximumWords,
  }: {
    network: Network;
    blocks?: EncoderBlocks | undefined;
    weights: Weights;
    vocabulary: Vocabulary;
    dev: PreparedCaptions['dev'];
    features: FeatureFile;
    maximumWords: number;
  },
): CaptionScores {
  const hypotheses: string[][] = [];
  for (let start = 0; start < dev.length; start += PHOTOS_AT_ONCE) {
    const photos = dev.slice(start, start + PHOTOS_AT_ONCE);
    tf.tidy(() => {
      const shape = [photos.length, GRID_CELLS, features.index.channels];
      const input = tf.tensor(readGrids(features, photos), shape);
      const grids = blocks ? blocks.grids(weights, input) : input;
      const captions = greedyTokens(tf, { network, weights, grids, maximumWords });
      hypotheses.push(...captions.map((tokens) => tokens.map((id) => vocabulary.wordOf(id))));
    });
  }
  return scoreCaptions(
    dev.map(({ references }, index) => ({
      hypothesis: scoringWords((hypotheses[index] ?? []).join(' ')),
      references: references.map(scoringWords),
    })),
  );
}
