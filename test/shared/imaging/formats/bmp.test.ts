// BMP in its many codings: each shows the same four squares, red and green above blue and white.
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { describe, expect, it } from 'vitest';
import { type BmpOptions, writeBmp } from '../../../support/pictures/bmp.ts';
import {
  answerTo,
  averageColour,
  quarterColours,
  refusalOf,
} from '../../../support/pictures/compare.ts';

const FOUR = [
  [255, 0, 0],
  [0, 255, 0],
  [0, 0, 255],
  [255, 255, 255],
];
/** Blue, green, red and nothing, for each colour. */
const palette = Buffer.concat(FOUR.map(([r = 0, g = 0, b = 0]) => Buffer.from([b, g, r, 0])));
const u16 = (...values: number[]) => Buffer.from(Uint16Array.from(values).buffer);
const u32 = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);

/** Two by two pixels; from the bottom, rows padded to four bytes. */
const codings: [string, Omit<BmpOptions, 'width' | 'height'>][] = [
  ['32 bits', { bits: 32, pixels: u32(0xff, 0xffffff, 0xff0000, 0xff00) }],
  [
    '24 bits',
    {
      bits: 24,
      pixels: Buffer.from([255, 0, 0, 255, 255, 255, 0, 0, 0, 0, 255, 0, 255, 0, 0, 0]),
    },
  ],
  ['16 bits', { bits: 16, pixels: u16(0x1f, 0x7fff, 0x7c00, 0x3e0) }],
  [
    '16 bits with fields',
    {
      bits: 16,
      compression: 3,
      between: u32(0xf800, 0x7e0, 0x1f),
      pixels: u16(0x1f, 0xffff, 0xf800, 0x7e0),
    },
  ],
  [
    '32 bits with fields the other way round',
    {
      bits: 32,
      compression: 3,
      between: u32(0xff, 0xff00, 0xff0000),
      pixels: u32(0xff0000, 0xffffff, 0xff, 0xff00),
    },
  ],
  ['8 bits', { bits: 8, between: palette, pixels: Buffer.from([2, 3, 0, 0, 0, 1, 0, 0]) }],
  ['4 bits', { bits: 4, between: palette, pixels: Buffer.from([0x23, 0, 0, 0, 0x01, 0, 0, 0]) }],
  ['2 bits', { bits: 2, between: palette, pixels: Buffer.from([0xb0, 0, 0, 0, 0x10, 0, 0, 0]) }],
  [
    '8 bits in runs',
    {
      bits: 8,
      compression: 1,
      between: palette,
      pixels: Buffer.from([1, 2, 1, 3, 0, 0, 1, 0, 1, 1, 0, 1]),
    },
  ],
  [
    '8 bits in runs, with colours as they are and a step',
    {
      bits: 8,
      compression: 1,
      between: palette,
      pixels: Buffer.from([1, 2, 0, 2, 0, 0, 1, 3, 0, 0, 0, 3, 0, 1, 1, 0, 0, 1]),
    },
  ],
  [
    '4 bits in runs',
    {
      bits: 4,
      compression: 2,
      between: palette,
      pixels: Buffer.from([2, 0x23, 0, 0, 2, 0x01, 0, 1]),
    },
  ],
];

describe('a BMP', () => {
  it.each(codings)('of %s is read', async (_name, coding) => {
    const image = await normaliseImage(writeBmp({ width: 2, height: 2, ...coding }));
    expect(image).toMatchObject({ mediaType: 'image/bmp', width: 2, height: 2 });
    expect(quarterColours(image.pixels)).toEqual(FOUR);
  });

  it('may have its rows from the top', async () => {
    const pixels = u32(0xff0000, 0xff00, 0xff, 0xffffff);
    const image = await normaliseImage(writeBmp({ width: 2, height: -2, bits: 32, pixels }));
    expect(quarterColours(image.pixels)).toEqual(FOUR);
  });

  it('of 1 bit and the short header of OS/2 is read', async () => {
    const head = Buffer.alloc(26);
    head.write('BM');
    head.writeUInt32LE(32, 10);
    head.writeUInt32LE(12, 14);
    for (const [at, value] of [
      [18, 2],
      [20, 1],
      [22, 1],
      [24, 1],
    ] as const) {
      head.writeUInt16LE(value, at);
    }
    const bytes = Buffer.concat([head, Buffer.from([0, 0, 200, 0, 200, 0, 0x40, 0, 0, 0])]);
    const { pixels } = await normaliseImage(bytes);
    expect(quarterColours(pixels)).toEqual([
      [200, 0, 0],
      [0, 200, 0],
      [200, 0, 0],
      [0, 200, 0],
    ]);
  });

  it('has black where its palette ends', async () => {
    const pixels = Buffer.from([9, 9, 0, 0]);
    const bytes = writeBmp({ width: 2, height: 1, bits: 8, between: palette, pixels });
    expect(averageColour((await normaliseImage(bytes)).pixels)).toEqual([0, 0, 0]);
  });
});

describe('a BMP that is refused', () => {
  const plain = { width: 10, height: 10, bits: 24, pixels: Buffer.alloc(320) };

  it('lacks rows, and how many is said', async () => {
    const bytes = writeBmp(plain);
    expect(await refusalOf(bytes)).toBe('accepted');
    // What pads the last row is no pixel.
    expect(await refusalOf(bytes.subarray(0, bytes.length - 2))).toBe('accepted');
    expect(await answerTo(bytes.subarray(0, bytes.length - 3))).toBe(
      'The picture is cut off: 1 of 10 rows is missing. Send the whole file again.',
    );
    expect(await answerTo(bytes.subarray(0, bytes.length - 100))).toMatch(/: 4 of 10 rows are/);
    const runs = {
      bits: 8,
      compression: 1,
      between: palette,
      pixels: Buffer.from([1, 2, 1, 3, 0]),
    };
    expect(await answerTo(writeBmp({ width: 2, height: 2, ...runs }))).toMatch(/: 2 of 2 rows/);
  });

  it.each([
    [1_000_000, 20],
    [30_000, 30_000],
    [2, -2_147_483_648],
  ])('claims %i × %i pixels', async (width, height) => {
    expect(await refusalOf(writeBmp({ ...plain, width, height }))).toBe('image_too_large');
  });

  it.each([
    [-10, 10],
    [0, 10],
    [10, 0],
  ])('is %i × %i', async (width, height) => {
    expect(await refusalOf(writeBmp({ ...plain, width, height }))).toBe('damaged_image');
  });

  it('has a coding that is not read, or a wrong place for its pixels', async () => {
    expect(await answerTo(writeBmp({ ...plain, compression: 4 }))).toMatch(/BMP of a rare coding/);
    const misplaced = writeBmp(plain);
    misplaced.writeUInt32LE(0xffffff, 10);
    expect(await refusalOf(misplaced)).toBe('damaged_image');
  });
});
