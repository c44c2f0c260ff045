// Activation ranges of tuned convolutions, from what they put out for training photos.

import { GRID_CELLS } from '@caption-queue/contract/bundle';
import type { ActivationRanges } from '@caption-queue/model/bundle';
import type { FeatureFile } from '../features/feature-file.ts';
import { readGrids } from '../features/read-features.ts';
import type { EncoderBlocks } from '../fit/encoder-blocks.ts';
import type { TensorFlow } from '../fit/tensorflow-types.ts';
import { createWeights } from '../fit/weights.ts';
import { createRangeMeter } from './activation-ranges.ts';

/** More photos hardly change the greatest output of a layer. */
const PHOTOS = 256;
const PHOTOS_AT_ONCE = 32;

/**
 * @param features of the layer that the blocks lie above
 * @param files photos of the training split
 */
export function measureBlocks(
  tf: TensorFlow,
  {
    blocks,
    values,
    features,
    files,
  }: {
    blocks: EncoderBlocks;
    values: ReadonlyMap<string, Float32Array>;
    features: FeatureFile;
    files: readonly string[];
  },
): ActivationRanges {
  const weights = createWeights(tf, blocks.weights, values);
  const meter = createRangeMeter();
  const photos = files.slice(0, PHOTOS).map((file) => ({ file }));
  for (let start = 0; start < photos.length; start += PHOTOS_AT_ONCE) {
    const some = photos.slice(start, start + PHOTOS_AT_ONCE);
    tf.tidy(() => {
      const shape = [some.length, GRID_CELLS, features.index.channels];
      blocks.observe(weights, tf.tensor(readGrids(features, some), shape), (name, output) => {
        meter.note(name, output.max().dataSync()[0] as number);
      });
    });
  }
  tf.dispose([...weights.values()]);
  return meter.ranges();
}
