// TIFF as scanners, archives and picture programs write it, and what it may not cost.
import { deflateSync } from 'node:zlib';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import sharp, { type TiffOptions } from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  answerTo,
  averageColour,
  meanDifference,
  quarterColours,
  refusalOf,
} from '../../../support/pictures/compare.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { DATA, type TiffTags, writeTiff } from '../../../support/pictures/tiff.ts';

const photo = readPhoto('coffee.jpg');
const expected = normaliseImage(photo);

/** RGB of 8 bits in uncompressed strips. */
function plainTags(width: number, height: number, rowsPerStrip: number): TiffTags {
  const strips = Math.ceil(height / rowsPerStrip);
  const sizes = Array.from(
    { length: strips },
    (_, n) => 3 * width * Math.min(rowsPerStrip, height - n * rowsPerStrip),
  );
  return {
    256: width,
    257: height,
    258: [8, 8, 8],
    259: 1,
    262: 2,
    273: sizes.map((_, n) => DATA + n * 3 * width * rowsPerStrip),
    277: 3,
    278: rowsPerStrip,
    279: sizes,
  };
}

describe('a TIFF', () => {
  it.each<[string, TiffOptions]>([
    ['in strips, uncompressed', { compression: 'none' }],
    ['in strips of LZW', { compression: 'lzw' }],
    ['in strips of LZW with differences', { compression: 'lzw', predictor: 'horizontal' }],
    ['in strips of Deflate', { compression: 'deflate' }],
    ['in strips of PackBits', { compression: 'packbits' }],
    ['in strips of JPEG', { compression: 'jpeg', quality: 95 }],
    ['in tiles of Deflate', { compression: 'deflate', tile: true }],
    ['in tiles of JPEG', { compression: 'jpeg', quality: 95, tile: true }],
    ['larger than 4 GB allows', { bigtiff: true }],
    ['with smaller versions behind it', { pyramid: true, compression: 'deflate' }],
  ])('%s is read', async (_name, options) => {
    const image = await normaliseImage(await sharp(photo).tiff(options).toBuffer());
    expect(image).toMatchObject({ mediaType: 'image/tiff', width: 600, height: 400 });
    expect(meanDifference(image.pixels, (await expected).pixels)).toBeLessThan(3);
  });

  it.each(['rgb16', 'scrgb', 'lab', 'cmyk'] as const)('of %s looks alike', async (space) => {
    const bytes = await sharp(photo).toColourspace(space).tiff().toBuffer();
    const { pixels } = await normaliseImage(bytes);
    expect(meanDifference(pixels, (await expected).pixels)).toBeLessThan(15);
  });

  it('of black and white is read, whichever of them is 0', async () => {
    const page = sharp(photo).threshold().toColourspace('b-w');
    const [plain, ...others] = await Promise.all(
      [
        page.clone().png(),
        page.clone().tiff({ compression: 'ccittfax4', bitdepth: 1 }),
        page.clone().tiff({ compression: 'none', miniswhite: true }),
      ].map(async (picture) => (await normaliseImage(await picture.toBuffer())).pixels),
    );
    for (const pixels of others)
      expect(meanDifference(pixels, plain as Uint8Array)).toBeLessThan(2);
  });

  it('may have its numbers the other way round', async () => {
    // A big-endian page of one red pixel.
    const entries = [
      [256, 1],
      [257, 1],
      [258, 8],
      [259, 1],
      [262, 2],
      [273, 122],
      [277, 3],
      [278, 1],
      [279, 3],
    ] as const;
    const bytes = Buffer.alloc(125);
    bytes.write('MM\0*\0\0\0\x08\0\x09', 'latin1');
    entries.forEach(([tag, value], n) => {
      bytes.writeUInt16BE(tag, 10 + 12 * n);
      bytes.writeUInt16BE(4, 12 + 12 * n);
      bytes.writeUInt32BE(1, 14 + 12 * n);
      bytes.writeUInt32BE(value, 18 + 12 * n);
    });
    bytes.set([200, 30, 20], 122);
    expect(averageColour((await normaliseImage(bytes)).pixels)).toEqual([200, 30, 20]);
  });

  it('counts with its first page', async () => {
    const page = (background: string) =>
      sharp({ create: { width: 40, height: 40, channels: 3, background } })
        .png()
        .toBuffer();
    const pages = await Promise.all([page('#ff0000'), page('#0000ff')]);
    const bytes = await sharp(pages, { join: { animated: true } })
      .tiff({ compression: 'lzw' })
      .toBuffer();
    const image = await normaliseImage(bytes);
    expect(image).toMatchObject({ width: 40, height: 40 });
    expect(averageColour(image.pixels)).toEqual([255, 0, 0]);
  });

  it('is turned as its orientation says', async () => {
    const bytes = await sharp(photo).withMetadata({ orientation: 6 }).tiff().toBuffer();
    const image = await normaliseImage(bytes);
    const upright = await sharp(photo).rotate(90).png().toBuffer();
    expect(image).toMatchObject({ width: 400, height: 600 });
    const { pixels } = await normaliseImage(upright);
    expect(
      meanDifference(quarterColours(image.pixels).flat(), quarterColours(pixels).flat()),
    ).toBeLessThan(8);
  });

  it('with transparency lies on white', async () => {
    const background = { r: 0, g: 0, b: 0, alpha: 0 };
    const bytes = await sharp({ create: { width: 9, height: 9, channels: 4, background } })
      .tiff({ compression: 'lzw' })
      .toBuffer();
    expect(averageColour((await normaliseImage(bytes)).pixels)).toEqual([255, 255, 255]);
  });
});

describe('a TIFF that is refused', () => {
  it('lacks rows, and how many is said', async () => {
    const bytes = writeTiff(plainTags(100, 80, 16), Buffer.alloc(3 * 100 * 80));
    expect(await refusalOf(bytes)).toBe('accepted');
    expect(await answerTo(bytes.subarray(0, bytes.length - 5000))).toBe(
      'The picture is cut off: 32 of 80 rows are missing. Send the whole file again.',
    );
  });

  it('has no directory where it says', async () => {
    expect(await refusalOf(Buffer.from('II*\0\xff\xff\xff\x7f', 'latin1'))).toBe('damaged_image');
    expect(
      await refusalOf(Buffer.concat([Buffer.from('II*\0', 'latin1'), Buffer.alloc(200)])),
    ).toBe('damaged_image');
  });

  it.each<[string, TiffTags]>([
    ['a million pixels a side', { ...plainTags(1, 1, 1), 256: 1_000_000, 257: 1_000_000 }],
    [
      '100 megapixels of 16 bytes',
      { ...plainTags(1, 1, 1), 256: 10_000, 257: 10_000, 258: 32, 277: 4 },
    ],
    ['many colours', { ...plainTags(1, 1, 1), 256: 10_000, 257: 10_000, 277: 60_000 }],
  ])('claims %s', async (_name, tags) => {
    expect(await refusalOf(writeTiff(tags, Buffer.alloc(100)))).toBe('image_too_large');
  });

  it('comes in tiles that are larger than the picture may be', async () => {
    const tags = { ...plainTags(100, 100, 100), 322: 1 << 20, 323: 1 << 20, 324: DATA, 325: 100 };
    expect(await answerTo(writeTiff(tags, Buffer.alloc(100)))).toMatch(/very large pieces/);
  });

  it('leads from its directory back to it', async () => {
    const data = Buffer.alloc(3 * 100 * 80);
    const bytes = writeTiff(plainTags(100, 80, 80), data);
    // The offset of the next directory, behind the entries.
    bytes.writeUInt32LE(8, 10 + 9 * 12);
    expect(await refusalOf(bytes)).toMatch(/^(accepted|damaged_image)$/);
  });

  it('is the raw file of a camera, which is named', async () => {
    const raws: TiffTags[] = [
      { ...plainTags(8, 8, 8), 50706: 1 },
      { ...plainTags(8, 8, 8), 254: 1, 330: [1, 2] },
      { ...plainTags(8, 8, 8), 262: 32_803 },
    ];
    for (const tags of raws) {
      const bytes = writeTiff(tags, Buffer.alloc(192));
      expect(await refusalOf(bytes)).toBe('unsupported_image');
      expect(await answerTo(bytes)).toMatch(/^This is a camera’s raw file/);
    }
  });

  it('packs more pixels than it says', async () => {
    const packed = deflateSync(Buffer.alloc(50 << 20));
    const tags = { ...plainTags(100, 80, 80), 259: 8, 279: packed.length };
    expect(await refusalOf(writeTiff(tags, packed))).toMatch(/^(accepted|damaged_image)$/);
  });
});
