// Feature grids of several photos as the float32 values that a network reads.
import { fromFloat16Bits } from '@caption-queue/captioning/float16';
import { type FeatureFile, GRID_VALUES } from './feature-file.ts';

/** @returns `[photos, 64, 2048]` */
export function readGrids(
  features: FeatureFile,
  photos: readonly { file: string; flipped?: boolean }[],
): Float32Array {
  const bits = new Uint16Array(photos.length * GRID_VALUES);
  photos.forEach(({ file, flipped = false }, position) => {
    features.read({ file, flipped, target: bits, offset: position * GRID_VALUES });
  });
  return fromFloat16Bits(bits);
}
