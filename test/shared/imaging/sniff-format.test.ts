// What stands before a file's first byte, and what its first bytes say.
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { photoFileName, sniffFormat, withoutBlanks } from '@caption-queue/imaging/sniff-format';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { writeBmp } from '../../support/pictures/bmp.ts';
import { fingerprint, refusalOf } from '../../support/pictures/compare.ts';
import { readHeic } from '../../support/pictures/heif.ts';
import { readPhoto } from '../../support/pictures/pictures.ts';

const look = async (bytes: Uint8Array) => fingerprint((await normaliseImage(bytes)).pixels);
const encoded = (format: 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'tiff') =>
  sharp(readPhoto('cat.jpg')).resize(64).toFormat(format).toBuffer();

describe('bytes before a picture', () => {
  it.each(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff', 'heic', 'bmp'] as const)(
    'of %s that old servers put there are passed over',
    async (format) => {
      const bytes =
        format === 'heic'
          ? readHeic('red')
          : format === 'bmp'
            ? writeBmp({ width: 2, height: 1, bits: 24, pixels: Buffer.alloc(8, 99) })
            : await encoded(format);
      const expected = await look(bytes);
      for (const before of ['\ufeff', '\n', '\r\n\r\n  \t', '\ufeff\r\n\ufeff']) {
        expect(await look(Buffer.concat([Buffer.from(before), bytes]))).toBe(expected);
      }
    },
  );

  it('are no picture alone, nor when there are many, nor when they are others', async () => {
    const photo = readPhoto('cat.jpg');
    for (const bytes of [
      Buffer.from('\n\n'),
      Buffer.concat([Buffer.alloc(1000, '\n'), photo]),
      Buffer.concat([Buffer.from('Warning: '), photo]),
    ]) {
      expect(await refusalOf(bytes)).toBe('unsupported_image');
    }
  });
});

describe('the first bytes', () => {
  it('are enough to tell the format', async () => {
    const heads = await Promise.all(
      (['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const).map(encoded),
    );
    expect(heads.map((bytes) => sniffFormat(bytes.subarray(0, 512)))).toEqual(
      ['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'].map((name) => `image/${name}`),
    );
    expect(sniffFormat(readHeic('photo').subarray(0, 64))).toBe('image/heic');
  });

  it('may be any, and few', () => {
    for (const start of ['', 'B', 'BM', 'II', 'II*\0', '\0\0\0\x18ftyp', 'RIFF', '\xff\xd8']) {
      const bytes = Buffer.from(start, 'latin1');
      expect(() => sniffFormat(withoutBlanks(bytes))).not.toThrow();
    }
  });
});

describe('the name of a photo', () => {
  it.each(['a.JPG', 'a.jfif', 'a.MPO', 'a.heic', 'a.HEIF', 'a.tif', 'a.TIFF', 'a.bmp', 'a.avifs'])(
    'may be %s',
    (name) => expect(photoFileName.test(name)).toBe(true),
  );
  it.each(['a.txt', 'heic', 'a.jpg.html', 'a.mp4', 'a.svg'])('is not %s', (name) =>
    expect(photoFileName.test(name)).toBe(false),
  );
});
