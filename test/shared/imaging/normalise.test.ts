// Any accepted picture becomes the encoder's pixels; anything else gets its own clear refusal.
import { PIXELS_BYTES } from '@caption-queue/contract/bundle';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  averageColour,
  fingerprint,
  meanDifference,
  refusalOf,
} from '../../support/pictures/compare.ts';
import {
  animatedGif,
  cornersPng,
  cutEnd,
  flipByte,
  notPictures,
  photoNames,
  pngClaiming,
  readPhoto,
  withoutPngEnd,
} from '../../support/pictures/pictures.ts';

const photo = readPhoto('coffee.jpg');

describe('a picture that is accepted', () => {
  it.each(photoNames)('%s becomes 299 × 299 RGB, the same each time', async (name) => {
    const [first, second] = await Promise.all([
      normaliseImage(readPhoto(name)),
      normaliseImage(readPhoto(name)),
    ]);
    expect(first.pixels).toHaveLength(PIXELS_BYTES);
    expect(fingerprint(first.pixels)).toBe(fingerprint(second.pixels));
    expect(first.mediaType).toBe('image/jpeg');
  });

  it('keeps its pixels over releases: features of trained models depend on them', async () => {
    const { pixels } = await normaliseImage(readPhoto('cat.jpg'));
    const at = (x: number, y: number) => [...pixels.subarray((y * 299 + x) * 3).subarray(0, 3)];
    const found = [at(10, 10), at(150, 150), at(200, 90), at(290, 280)].flat();
    const known = [153, 130, 118, 184, 143, 120, 191, 152, 124, 157, 138, 132];
    // Processors round differently in the last place; another kernel would be off by more.
    expect(Math.max(...found.map((value, i) => Math.abs(value - (known[i] ?? 0))))).toBeLessThan(3);
  });

  it.each(['png', 'webp', 'gif', 'avif'] as const)(
    'may be %s, named by its bytes',
    async (format) => {
      const bytes = await sharp(photo).toFormat(format, { lossless: true }).toBuffer();
      const image = await normaliseImage(bytes);
      const expected = await normaliseImage(photo);
      expect(image).toMatchObject({ mediaType: `image/${format}`, width: 600, height: 400 });
      expect(meanDifference(image.pixels, expected.pixels)).toBeLessThan(6);
    },
  );

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'with EXIF orientation %i shows upright',
    async (orientation) => {
      const upright = await cornersPng();
      // What a camera stores that was held so: the picture turned, and a note how to turn it back.
      const angle = { 3: 180, 5: 90, 6: 270, 7: 90, 8: 90 }[orientation] ?? 0;
      const stored = await sharp(await sharp(upright).rotate(angle).png().toBuffer())
        .flop([2, 5].includes(orientation))
        .flip([4, 7].includes(orientation))
        .withMetadata({ orientation })
        .png()
        .toBuffer();
      const image = await normaliseImage(stored);
      expect(image).toMatchObject({ width: 64, height: 48 });
      // It is turned after it was resized, which rounds a little differently; the wrong way up is 90 levels off.
      const expected = (await normaliseImage(upright)).pixels;
      expect(meanDifference(image.pixels, expected)).toBeLessThan(1);
    },
  );

  it('may have a single pixel', async () => {
    const background = '#102030';
    const bytes = await sharp({ create: { width: 1, height: 1, channels: 3, background } })
      .png()
      .toBuffer();
    expect(averageColour((await normaliseImage(bytes)).pixels)).toEqual([16, 32, 48]);
  });

  it('may be CMYK, and looks alike', async () => {
    const bytes = await sharp(photo).toColourspace('cmyk').jpeg().toBuffer();
    const expected = (await normaliseImage(photo)).pixels;
    expect(meanDifference((await normaliseImage(bytes)).pixels, expected)).toBeLessThan(15);
  });

  it('may be grey with 16 bits', async () => {
    const bytes = await sharp(photo).greyscale().toColourspace('grey16').png().toBuffer();
    const eight = await sharp(photo).greyscale().png().toBuffer();
    const [deep, plain] = [await normaliseImage(bytes), await normaliseImage(eight)];
    expect(meanDifference(deep.pixels, plain.pixels)).toBeLessThan(1);
  });

  it('may have 16 bits and a wide-gamut profile, and arrives in sRGB', async () => {
    const background = '#c83020';
    const bytes = await sharp({ create: { width: 9, height: 9, channels: 3, background } })
      .toColourspace('rgb16')
      .withIccProfile('p3')
      .png()
      .toBuffer();
    const colour = averageColour((await normaliseImage(bytes)).pixels);
    expect(Math.max(...colour.map((c, i) => Math.abs(c - ([200, 48, 32][i] ?? 0))))).toBeLessThan(
      3,
    );
  });

  it('with transparency lies on white', async () => {
    const background = { r: 0, g: 0, b: 0, alpha: 0 };
    const bytes = await sharp({ create: { width: 9, height: 9, channels: 4, background } })
      .png()
      .toBuffer();
    expect(averageColour((await normaliseImage(bytes)).pixels)).toEqual([255, 255, 255]);
  });

  it('that is animated counts with its first frame', async () => {
    const image = await normaliseImage(await animatedGif());
    expect(image).toMatchObject({ width: 20, height: 20, mediaType: 'image/gif' });
    const [red = 0, , blue = 255] = averageColour(image.pixels);
    expect(red).toBeGreaterThan(240);
    expect(blue).toBeLessThan(15);
  });

  it('may carry a ZIP behind it, which changes nothing', async () => {
    const polyglot = Buffer.concat([photo, Buffer.from('PK\x03\x04payload')]);
    const [got, expected] = [await normaliseImage(polyglot), await normaliseImage(photo)];
    expect(fingerprint(got.pixels)).toBe(fingerprint(expected.pixels));
  });
});

describe('what is refused', () => {
  it('is empty', async () => {
    expect(await refusalOf(new Uint8Array(0))).toBe('empty_upload');
  });

  it.each(Object.entries(notPictures))('is %s', async (_name, bytes) => {
    expect(await refusalOf(bytes)).toBe('unsupported_image');
  });

  it.each(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const)(
    'is %s that was cut off',
    async (format) => {
      const whole = await sharp(photo).toFormat(format).toBuffer();
      // The last two bytes of a JPEG only say that it ends.
      const ending = format === 'jpeg' ? 12 : 2;
      for (const bytes of [
        whole.subarray(0, whole.length >> 1),
        cutEnd(whole, ending),
        whole.subarray(0, 40),
      ]) {
        expect(await refusalOf(bytes)).toBe('damaged_image');
      }
    },
  );

  it('is a PNG with a wrong checksum, without its end, or of no size', async () => {
    const png = await sharp(photo).png().toBuffer();
    for (const bytes of [
      flipByte(png, png.length >> 1),
      flipByte(png, 29),
      withoutPngEnd(png),
      pngClaiming(0, 0),
    ]) {
      expect(await refusalOf(bytes)).toBe('damaged_image');
    }
  });

  it.each([
    [60_000, 60_000],
    [1_000_000, 20],
    [10_001, 10_000],
    [0x7fffffff, 0x7fffffff],
  ])('claims %i × %i pixels', async (width, height) => {
    const bytes = pngClaiming(width, height);
    expect(await refusalOf(bytes)).toBe('image_too_large');
  });

  it('is larger than the limits given', async () => {
    expect(await refusalOf(photo, { maxPixels: 600 * 400 - 1 })).toBe('image_too_large');
    expect(await refusalOf(photo, { maxSide: 599 })).toBe('image_too_large');
    expect(await refusalOf(photo, { maxPixels: 600 * 400, maxSide: 600 })).toBe('accepted');
  });

  it('is an AVIF above half the pixels, since it takes twice the memory', async () => {
    const avif = await sharp(photo).avif({ effort: 0 }).toBuffer();
    expect(await refusalOf(avif, { maxPixels: 2 * 600 * 400 - 2 })).toBe('image_too_large');
    expect(await refusalOf(avif, { maxPixels: 2 * 600 * 400 })).toBe('accepted');
  });
});
