// Pictures as the web has them: cut out, scaled down, compressed, darkened, without colour.
import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { ReadPicture } from '../calibration/pooled-features.ts';
import { createRandom, type Random } from '../random.ts';

/** Smaller ones are left whole. */
const LEAST_SIDE_TO_CUT = 64;
const LEAST_SHARE = 0.45;
const CUTS = 0.6;
const SCALES = 0.5;
const LEAST_SCALE = 0.35;
const COMPRESSES = 0.6;
const QUALITY = { least: 25, most: 90 };
const DARKENS = 0.15;
const GREYS = 0.12;
const INVERTS = 0.06;

/** One distorted copy of each picture; the same seed gives the same copies. */
export function distorted(seed: number): ReadPicture {
  return {
    name: `distorted-${seed}`,
    read: async (file, index) => distort(await readFile(file), createRandom(seed, index)),
  };
}

async function distort(bytes: Uint8Array, random: Random): Promise<Uint8Array> {
  const flat = sharp(bytes, { pages: 1, limitInputPixels: false })
    .autoOrient()
    .flatten({ background: '#ffffff' });
  const { data, info } = await flat
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  let { width, height } = info;
  let picture = sharp(data, { raw: { width, height, channels: info.channels } });
  if (random.next() < CUTS && Math.min(width, height) >= LEAST_SIDE_TO_CUT) {
    const part = cut({ width, height }, random);
    picture = picture.extract(part);
    ({ width, height } = part);
  }
  if (random.next() < SCALES) {
    const scale = LEAST_SCALE + (1 - LEAST_SCALE) * random.next();
    picture = sharp(await picture.png().toBuffer()).resize(Math.max(1, Math.round(width * scale)));
  }
  if (random.next() < DARKENS) picture = picture.linear(0.35 + 0.4 * random.next(), 0);
  if (random.next() < GREYS) picture = picture.greyscale();
  if (random.next() < INVERTS) picture = picture.negate();
  if (random.next() >= COMPRESSES) return picture.png().toBuffer();
  const { least, most } = QUALITY;
  return picture.jpeg({ quality: least + random.integer(most - least) }).toBuffer();
}

function cut({ width, height }: { width: number; height: number }, random: Random) {
  const share = () => LEAST_SHARE + (1 - LEAST_SHARE) * random.next();
  const part = { width: Math.round(width * share()), height: Math.round(height * share()) };
  return {
    ...part,
    left: random.integer(width - part.width + 1),
    top: random.integer(height - part.height + 1),
  };
}
