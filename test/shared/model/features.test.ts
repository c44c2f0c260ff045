// Features as they travel: of codes and of floats, the decoder reads the same numbers.
import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import {
  areFeatures,
  blankFeatures,
  gridOf,
  packFeatures,
  unpackGrid,
} from '@caption-queue/model/features';
import { fromFloat16Bits, toFloat16Bits } from '@caption-queue/model/float16';
import { expect, it } from 'vitest';

const codes = Uint8Array.from({ length: GRID_CELLS * FEATURE_SIZE }, (_, i) => (i * 37) % 256);
const scale = Float32Array.of(0.0417);
const floats = Float32Array.from(codes, (code) => code * (scale[0] as number));

it('are the same numbers, whether the encoder gave codes or floats', () => {
  const fromCodes = unpackGrid(packFeatures({ codes, scale }));
  expect(fromCodes).toEqual(unpackGrid(packFeatures({ grid: floats })));
  expect(fromCodes).toEqual(fromFloat16Bits(toFloat16Bits(floats)));
  expect(gridOf({ codes, scale })).toEqual(fromCodes);
});

it('take half the room as codes', () => {
  expect(packFeatures({ codes, scale }).byteLength).toBe(131_076);
  expect(packFeatures({ grid: floats }).byteLength).toBe(262_144);
});

it('are read wherever they lie in memory', () => {
  for (const features of [packFeatures({ codes, scale }), packFeatures({ grid: floats })]) {
    const moved = new Uint8Array(features.length + 3);
    moved.set(features, 3);
    expect(unpackGrid(moved.subarray(3))).toEqual(unpackGrid(features));
  }
});

it('are known by their size', () => {
  expect(areFeatures(blankFeatures())).toBe(true);
  expect(areFeatures(packFeatures({ grid: floats }))).toBe(true);
  expect(areFeatures(new Uint8Array(131_072))).toBe(false);
});
