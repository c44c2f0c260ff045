// WebP files whose size for themselves is wrong.
import { normaliseImage } from '@caption-queue/imaging/normalise';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { fingerprint, refusalOf } from '../../../support/pictures/compare.ts';
import { cutEnd, readPhoto } from '../../../support/pictures/pictures.ts';

const look = async (bytes: Uint8Array) => fingerprint((await normaliseImage(bytes)).pixels);

describe('a WebP', () => {
  it.each([-100, -8, -1, 1, 100, 1 << 30])('whose size is wrong by %i is read', async (by) => {
    const webp = await sharp(readPhoto('cat.jpg')).webp().toBuffer();
    const wrong = Buffer.from(webp);
    wrong.writeUInt32LE((webp.readUInt32LE(4) + by) >>> 0, 4);
    expect(await look(wrong)).toBe(await look(webp));
  });

  it('that is animated counts with its first frame, whatever its size', async () => {
    const frame = (background: string) =>
      sharp({ create: { width: 20, height: 20, channels: 3, background } })
        .png()
        .toBuffer();
    const frames = await Promise.all([frame('#ff0000'), frame('#0000ff')]);
    const webp = await sharp(frames, { join: { animated: true } })
      .webp({ lossless: true })
      .toBuffer();
    const image = await normaliseImage(webp);
    expect(image).toMatchObject({ width: 20, height: 20 });
    expect([...image.pixels.subarray(0, 3)]).toEqual([255, 0, 0]);
  });

  it('whose pixels are cut off stays refused, whatever its size', async () => {
    const webp = await sharp(readPhoto('cat.jpg')).webp().toBuffer();
    for (const count of [2, 100, webp.length - 40]) {
      const cut = Buffer.from(cutEnd(webp, count));
      expect(await refusalOf(cut)).toBe('damaged_image');
      cut.writeUInt32LE(cut.length - 8, 4);
      expect(await refusalOf(cut)).toBe('damaged_image');
    }
  });
});
