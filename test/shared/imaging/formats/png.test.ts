// PNG: what stands where it is rarely looked for, and how much of a cut-off one is missing.
import { normaliseImage } from '@caption-queue/imaging/normalise';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { answerTo, fingerprint } from '../../../support/pictures/compare.ts';
import { pngChunk, readPhoto, withoutPngEnd } from '../../../support/pictures/pictures.ts';

const photo = readPhoto('coffee.jpg');

/** A TIFF directory of one entry: orientation. */
function orientationChunk(orientation: number): Buffer {
  const exif = Buffer.from(
    'MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\0\0\0\0\0\0\0',
    'latin1',
  );
  exif[19] = orientation;
  return pngChunk('eXIf', exif);
}

const look = async (bytes: Uint8Array) => fingerprint((await normaliseImage(bytes)).pixels);

describe('a PNG', () => {
  it.each([3, 6, 8])('whose orientation, %i, stands behind its pixels is turned', async (n) => {
    const png = await sharp(photo).png().toBuffer();
    const end = png.subarray(png.length - 12);
    const late = Buffer.concat([withoutPngEnd(png), orientationChunk(n), end]);
    const early = Buffer.concat([png.subarray(0, 33), orientationChunk(n), png.subarray(33)]);
    expect(await look(late)).toBe(await look(early));
    expect(await look(late)).not.toBe(await look(png));
  });

  it.each(['rgb16', 'b-w', 'srgb'] as const)(
    'of %s says how many rows are missing',
    async (space) => {
      const png = await sharp(photo).toColourspace(space).png({ compressionLevel: 0 }).toBuffer();
      // Without compression, rows lie one after the other.
      const bytesPerRow = (png.length - 100) / 400;
      const cut = png.subarray(0, Math.round(bytesPerRow * 300.5));
      expect(await answerTo(cut)).toMatch(/^The picture is cut off: (99|100|101) of 400 rows are/);
    },
  );

  it('that comes in seven passes is only called damaged', async () => {
    const png = await sharp(photo).png({ progressive: true }).toBuffer();
    expect(await answerTo(png.subarray(0, png.length >> 1))).toMatch(/^The picture is damaged/);
  });
});
