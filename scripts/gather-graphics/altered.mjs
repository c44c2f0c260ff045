// Photos as people keep them: in greys, browns or the dark, with a border, on a card, washed out, tiny.
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';

/** @typedef {import('./random.mjs').Random} Random */

/** @type {((photo: Buffer, random: Random) => import('sharp').Sharp)[]} */
const CHANGES = [
  (photo) => sharp(photo).greyscale(),
  (photo) => sharp(photo).greyscale().tint('#b08d57'),
  (photo, random) => sharp(photo).linear(0.2 + random.next() * 0.4, 0),
  (photo, random) => sharp(photo).linear(0.5, random.int(90, 130)),
  (photo, random) => {
    const width = random.int(8, 40);
    return sharp(photo).extend({
      top: width,
      left: width,
      right: width,
      bottom: width,
      background: '#fff',
    });
  },
  (photo) =>
    sharp(photo).extend({ top: 18, left: 18, right: 18, bottom: 80, background: '#fdfdf8' }),
  (photo) => sharp(photo).extend({ top: 60, bottom: 60, background: '#000' }),
  (photo) => sharp(photo).extend({ left: 90, right: 90, background: '#fff' }),
  (photo, random) => sharp(photo).resize({ width: random.int(60, 140) }),
  (photo, random) => sharp(photo).blur(random.int(1, 4)),
];

/**
 * @param {string} file of a photo
 * @param {Random} random
 * @returns {Promise<Buffer>} JPEG
 */
export async function alterPhoto(file, random) {
  const photo = await sharp(await readFile(file))
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .png()
    .toBuffer();
  const changed = random.pick(CHANGES)(photo, random);
  return changed.jpeg({ quality: random.int(40, 92) }).toBuffer();
}
