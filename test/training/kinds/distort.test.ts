// Distorted copies of pictures: others than the original, the same at every run.
import { join } from 'node:path';
import { distorted } from '@caption-queue/training/kinds/distort';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { repository } from '../../support/repository.ts';

const photo = join(repository, 'test/fixtures/photos/cat.jpg');

describe('a distorted copy', () => {
  it('is the same at every run, and another for each place', async () => {
    const copies = await Promise.all([0, 0, 1].map((index) => distorted(1).read(photo, index)));
    expect(copies[0]).toEqual(copies[1]);
    expect(copies[2]).not.toEqual(copies[0]);
    expect(await distorted(2).read(photo, 0)).not.toEqual(copies[0]);
    expect(distorted(2).name).not.toBe(distorted(1).name);
  });

  it('is a picture no larger than the original, sometimes cut, sometimes grey', async () => {
    const original = await sharp(photo).metadata();
    const seen = { smaller: 0, grey: 0, jpeg: 0 };
    for (let index = 0; index < 60; index++) {
      const copy = sharp(await distorted(1).read(photo, index));
      const { width, height, format } = await copy.metadata();
      expect(width).toBeLessThanOrEqual(original.width);
      expect(height).toBeLessThanOrEqual(original.height);
      if (width < original.width) seen.smaller++;
      if (format === 'jpeg') seen.jpeg++;
      const [red, , blue] = (await copy.toColourspace('srgb').stats()).channels;
      if (Math.abs((red?.mean ?? 0) - (blue?.mean ?? 255)) < 1) seen.grey++;
    }
    for (const count of Object.values(seen)) {
      expect(count).toBeGreaterThan(2);
      expect(count).toBeLessThan(58);
    }
  });
});
