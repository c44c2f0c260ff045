// The container of AVIF and HEIC: animated AVIF, and brands of many kinds.
import { normaliseImage } from '@caption-queue/imaging/normalise';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { fingerprint, refusalOf } from '../../../support/pictures/compare.ts';
import { box, u32 } from '../../../support/pictures/heif.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';

const look = async (bytes: Uint8Array) => fingerprint((await normaliseImage(bytes)).pixels);

/** @returns the AVIF with other brands; its pixels' place in the file stays */
function rebranded(avif: Buffer, ...brands: string[]): Buffer {
  const [major = '', ...compatible] = brands;
  const start = avif.readUInt32BE(0);
  const others = Buffer.from(
    compatible
      .join('')
      .padEnd(start - 16, 'MA1B')
      .slice(0, start - 16),
  );
  const ftyp = box('ftyp', Buffer.from(major), u32(0), others);
  return Buffer.concat([ftyp, avif.subarray(start)]);
}

describe('an AVIF', () => {
  it.each([
    ['avis', 'avif', 'msf1'],
    ['avis', 'msf1', 'miaf'],
    ['mif1', 'avif'],
    ['mif1', 'miaf'],
    ['miaf', 'mif1'],
  ])('that calls itself %s, %s is read', async (...brands) => {
    const avif = await sharp(readPhoto('cat.jpg')).resize(120).avif({ effort: 0 }).toBuffer();
    const image = await normaliseImage(rebranded(avif, ...brands));
    expect(image.mediaType).toBe('image/avif');
    expect(fingerprint(image.pixels)).toBe(await look(avif));
  });

  it('that is a film is refused', async () => {
    const film = rebranded(await sharp(readPhoto('cat.jpg')).resize(120).avif().toBuffer(), 'isom');
    expect(await refusalOf(film)).toBe('unsupported_image');
  });
});
