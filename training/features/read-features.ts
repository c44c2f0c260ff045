// Features of several photos as the float32 values that a network reads.

import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import { fromFloat16Bits } from '@caption-queue/model/float16';
import { type FeatureFile, type FeatureRequest, gridValuesOf } from './feature-file.ts';

type Photos = readonly { file: string; flipped?: boolean }[];

/** @returns `[photos, 64, channels]` */
export function readGrids(features: FeatureFile, photos: Photos): Float32Array {
  return readAll(photos, gridValuesOf(features.index), features.readGrid);
}

/** @returns the untuned encoder's pooled output, `[photos, 2048]` */
export function readPooled(features: FeatureFile, photos: Photos): Float32Array {
  return readAll(photos, FEATURE_SIZE, features.readPooled);
}

function readAll(
  photos: Photos,
  size: number,
  read: (request: FeatureRequest) => void,
): Float32Array {
  const target = new Uint16Array(photos.length * size);
  photos.forEach(({ file, flipped = false }, position) => {
    read({ file, flipped, target, offset: position * size });
  });
  return fromFloat16Bits(target);
}
