// Under which key features are cached.
import { featureKey } from '@caption-queue/encoder-worker/feature-cache';
import { describe, expect, it } from 'vitest';

const parts = {
  pixelsHash: 'a1',
  preprocessingVersion: '1',
  graphHash: 'g',
  engine: 'onnx',
};

describe('a feature key', () => {
  it('is the same for the same picture, and a hash', () => {
    expect(featureKey({ ...parts, pixelsHash: 'a1' })).toBe(featureKey(parts));
    expect(featureKey(parts)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('differs with anything that the features depend on', () => {
    const keys = [
      parts,
      { ...parts, pixelsHash: 'a2' },
      { ...parts, preprocessingVersion: '2' },
      { ...parts, graphHash: 'h' },
      { ...parts, engine: 'tfjs' },
      { ...parts, preprocessingVersion: '1g', graphHash: '' },
    ].map(featureKey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
