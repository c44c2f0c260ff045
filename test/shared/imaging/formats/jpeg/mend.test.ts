// JPEG files whose pixels are all there are read, whatever else is wrong; of others it is said how much is missing.
import { normaliseImage } from '@caption-queue/imaging/normalise';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { answerTo, fingerprint, refusalOf } from '../../../../support/pictures/compare.ts';
import {
  beforeMarker,
  greyJpeg,
  withScanParameters,
  writeJpeg,
} from '../../../../support/pictures/jpeg.ts';
import { cutEnd, readPhoto } from '../../../../support/pictures/pictures.ts';

const look = async (bytes: Uint8Array) => fingerprint((await normaliseImage(bytes)).pixels);

/** 20 rows of 30 grey squares: 160 rows of pixels. */
const squares = Array.from({ length: 20 }, (_, y) =>
  Array.from({ length: 30 }, (_, x) => (x * 37 + y * 101) % 256),
);
const photo = readPhoto('temple.jpg');
/** 4:2:0, 4:4:4, grey, and sizes that are no multiples of anything. */
const sequential: Record<string, Buffer> = {};
let progressive: Buffer;
beforeAll(async () => {
  const small = sharp(photo).resize(333, 211);
  sequential['4:2:0'] = await small.clone().jpeg().toBuffer();
  sequential['4:4:4'] = await small.clone().jpeg({ chromaSubsampling: '4:4:4' }).toBuffer();
  sequential.grey = await small.clone().greyscale().jpeg().toBuffer();
  sequential.CMYK = await small.clone().toColourspace('cmyk').jpeg().toBuffer();
  progressive = await small.clone().jpeg({ progressive: true }).toBuffer();
});
const kinds = ['4:2:0', '4:4:4', 'grey', 'CMYK'];

describe('a JPEG with all its pixels', () => {
  it.each(kinds)('(%s) needs no end', async (kind) => {
    const jpeg = sequential[kind] as Buffer;
    expect(await look(cutEnd(jpeg, 2))).toBe(await look(jpeg));
    expect(await look(cutEnd(jpeg, 1))).toBe(await look(jpeg));
  });

  it('needs no end when it is progressive', async () => {
    expect(await look(cutEnd(progressive, 2))).toBe(await look(progressive));
  });

  it.each([0xc0, 0xc4, 0xda])('may have stray bytes before its marker %i', async (marker) => {
    const jpeg = sequential['4:2:0'] as Buffer;
    expect(await look(beforeMarker(jpeg, marker, 0, 1, 2, 3))).toBe(await look(jpeg));
  });

  it.each([0, 1, 7, 30])('may have stray bytes behind %i squares of each 30', async (interval) => {
    const jpeg = greyJpeg(squares, interval);
    const stray = writeJpeg(jpeg, Buffer.from([0, 17, 0xff, 0, 3]));
    expect(await look(stray)).toBe(await look(writeJpeg(jpeg)));
  });

  it('may have stray bytes before the scans of a progressive one', async () => {
    const last = progressive.lastIndexOf(Buffer.from([0xff, 0xda]));
    const stray = Buffer.concat([
      progressive.subarray(0, last),
      Buffer.from([1, 2, 3]),
      progressive.subarray(last),
    ]);
    expect(await look(stray)).toBe(await look(progressive));
  });

  it.each([
    [0, 0, 0],
    [0, 1, 0],
    [0, 63, 0x10],
    [1, 5, 0],
    [255, 255, 255],
  ])('may give wrong parameters for its scan: %i, %i, %i', async (...parameters) => {
    const jpeg = sequential['4:2:0'] as Buffer;
    expect(await look(withScanParameters(jpeg, ...parameters))).toBe(await look(jpeg));
  });

  it('may name an unknown colour transform', async () => {
    const jpeg = Buffer.from(sequential.CMYK as Buffer);
    jpeg[jpeg.indexOf('Adobe') + 11] = 2;
    const known = await look(jpeg);
    jpeg[jpeg.indexOf('Adobe') + 11] = 9;
    expect(await look(jpeg)).toBe(known);
  });

  it('may lack the last refinements of a progressive one', async () => {
    expect(await refusalOf(cutEnd(progressive, progressive.length >> 2))).toBe('accepted');
  });
});

describe('a JPEG without all its pixels', () => {
  it.each([0, 30])(
    'is refused, with how many rows are missing (restart interval %i)',
    async (n) => {
      const { head, intervals } = greyJpeg(squares, n);
      const whole = writeJpeg({ head, intervals });
      // Of 20 rows of squares 14 and a bit are there.
      const end = n === 0 ? findRow(14) : Buffer.concat(intervals.slice(0, 14)).length + 2 * 14;
      const cut = whole.subarray(0, head.length + end + 3);
      const answer =
        'The picture is cut off: 48 of 160 rows are missing. Send the whole file again.';
      expect(await answerTo(cut)).toBe(answer);
      expect(await answerTo(Buffer.concat([cut, Buffer.from([0xff, 0xd9])]))).toBe(answer);
    },
  );

  it.each(kinds)('(%s) is refused when the last bits are missing', async (kind) => {
    const jpeg = sequential[kind] as Buffer;
    expect(await answerTo(cutEnd(jpeg, 6))).toMatch(/^The picture is cut off: \d+ of 211 rows are/);
  });

  it('is refused when a progressive one has only its beginning', async () => {
    expect(await refusalOf(progressive.subarray(0, progressive.length >> 2))).toBe('damaged_image');
  });

  it('is refused when a restart marker is missing', async () => {
    const jpeg = writeJpeg(greyJpeg(squares, 30));
    const at = jpeg.indexOf(Buffer.from([0xff, 0xd5]));
    const without = Buffer.concat([jpeg.subarray(0, at), jpeg.subarray(at + 2)]);
    expect(await refusalOf(without)).toBe('damaged_image');
  });

  it('is refused when its codes stand for nothing', async () => {
    const { head, intervals } = greyJpeg(squares);
    const data = Buffer.from(intervals[0] as Buffer);
    data.fill(0xee, 40, 60);
    expect(await refusalOf(cutEnd(writeJpeg({ head, intervals: [data] }), 2))).toBe(
      'damaged_image',
    );
  });
});

describe('a JPEG of a rare kind', () => {
  it.each([
    ['12 bits', 0xc1, 12, /JPEG of 12 bits a sample/],
    ['a lossless coding', 0xc3, 8, /JPEG of a rare coding/],
  ])('(%s) is named', async (_name, marker, precision, answer) => {
    const jpeg = writeJpeg(greyJpeg(squares));
    const frame = jpeg.indexOf(Buffer.from([0xff, 0xc0]));
    jpeg[frame + 1] = marker;
    jpeg[frame + 4] = precision;
    expect(await answerTo(jpeg)).toMatch(answer);
    expect(await refusalOf(jpeg)).toBe('unsupported_image');
  });
});

/** Where the squares of a row begin in data without restart markers. */
function findRow(row: number): number {
  return (greyJpeg(squares.slice(0, row)).intervals[0] as Buffer).length - 1;
}
