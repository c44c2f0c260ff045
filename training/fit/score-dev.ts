// Greedy captions of the dev split with the weights in training, scored against what people wrote.
import type { Vocabulary } from '@caption-queue/captioning/vocabulary';
import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import type { PreparedCaptions } from '../dataset/prepared.ts';
import type { FeatureFile } from '../features/feature-file.ts';
import { readGrids } from '../features/read-features.ts';
import { type CaptionScores, scoreCaptions } from '../metrics/score-captions.ts';
import { scoringWords } from '../metrics/scored-caption.ts';
import { greedyCaptions } from './greedy.ts';
import type { Network } from './network.ts';
import type { TensorFlow } from './tensorflow-types.ts';
import type { Weights } from './weights.ts';

/** Photos captioned at once: bounded memory (a hundred grids are 52 MB), and large enough to be fast. */
const PHOTOS_AT_ONCE = 100;

export function scoreDev(
  tf: TensorFlow,
  {
    network,
    weights,
    vocabulary,
    dev,
    features,
    maximumWords,
  }: {
    network: Network;
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
    const shape: [number, number, number] = [photos.length, GRID_CELLS, FEATURE_SIZE];
    const grids = tf.tensor(readGrids(features, photos), shape);
    hypotheses.push(...greedyCaptions(tf, { network, weights, vocabulary, grids, maximumWords }));
    grids.dispose();
  }
  return scoreCaptions(
    dev.map(({ references }, index) => ({
      hypothesis: scoringWords((hypotheses[index] ?? []).join(' ')),
      references: references.map(scoringWords),
    })),
  );
}
