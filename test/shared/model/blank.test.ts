// Pictures of which the pixels alone tell that there is nothing to see.
import { readFile } from 'node:fs/promises';

import { normaliseImage } from '@caption-queue/imaging/normalise';
import { areBlank, isBlank } from '@caption-queue/model/blank';
import { pooledOf } from '@caption-queue/model/encoder';
import { blankFeatures, unpackGrid } from '@caption-queue/model/features';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';

type Colour = [red: number, green: number, blue: number];

/** As an upload of that size, of a colour at each place, would be. */
async function pixelsOf(
  width: number,
  height: number,
  colourAt: (x: number, y: number) => Colour,
  format: 'png' | 'jpeg' = 'png',
): Promise<Uint8Array> {
  const data = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) data.set(colourAt(x, y), (y * width + x) * 3);
  const picture = sharp(data, { raw: { width, height, channels: 3 } });
  return (await normaliseImage(await picture.toFormat(format).toBuffer())).pixels;
}

const noise = (x: number, y: number) => (Math.imul(x * 7919 + y * 104729, 2654435761) >>> 8) & 255;

describe('there is nothing to see in', () => {
  it.each<[string, number, number, (x: number, y: number) => Colour, 'png' | 'jpeg']>([
    ['a tracking pixel', 1, 1, () => [255, 255, 255], 'png'],
    ['one colour', 200, 100, () => [200, 10, 10], 'jpeg'],
    ['a gradient', 300, 80, (x) => [x / 2, x / 2, 200], 'png'],
    ['a slanting gradient', 200, 200, (x, y) => [x / 2 + y / 3, 90, 255 - y], 'png'],
    ['a strip one pixel wide', 1, 60, (_, y) => [noise(0, y), noise(1, y), 0], 'png'],
    ['a strip one pixel high', 60, 1, (x) => [noise(x, 0), 0, noise(x, 1)], 'png'],
  ])('%s', async (_what, width, height, colourAt, format) => {
    expect(isBlank(await pixelsOf(width, height, colourAt, format))).toBe(true);
  });

  it('transparency', async () => {
    const clear = { r: 90, g: 200, b: 10, alpha: 0 };
    const picture = sharp({ create: { width: 40, height: 40, channels: 4, background: clear } });
    const { pixels } = await normaliseImage(await picture.png().toBuffer());
    expect(isBlank(pixels)).toBe(true);
  });
});

describe('there is something to see in', () => {
  it.each<[string, (x: number, y: number) => Colour]>([
    ['a flag', (_, y) => (y < 20 ? [0, 0, 0] : y < 40 ? [220, 0, 0] : [255, 210, 0])],
    [
      'a dot on white',
      (x, y) => ((x - 30) ** 2 + (y - 30) ** 2 < 20 ? [0, 0, 0] : [255, 255, 255]),
    ],
    ['noise', (x, y) => [noise(x, y), noise(y, x), noise(x + 1, y)]],
  ])('%s', async (_what, colourAt) => {
    expect(isBlank(await pixelsOf(60, 60, colourAt))).toBe(false);
  });

  it('a photo', async () => {
    const { pixels } = await normaliseImage(await readFile('test/fixtures/photos/flower.jpg'));
    expect(isBlank(pixels)).toBe(false);
  });
});

it('their features are zeros, which no other picture has', () => {
  const pooled = pooledOf(unpackGrid(blankFeatures()));
  expect(areBlank(pooled)).toBe(true);
  pooled[7] = 0.01;
  expect(areBlank(pooled)).toBe(false);
});
