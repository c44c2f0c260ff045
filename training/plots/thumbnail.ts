// Small JPEGs of photos, as they are embedded in plots: with the photo's own proportions.
import { readFile } from 'node:fs/promises';
import { GRID_CELLS, IMAGE_SIZE } from '@caption-queue/contract/bundle';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import sharp from 'sharp';

export interface Thumbnail {
  width: number;
  height: number;
  /** `[height, width, 3]` */
  pixels: Uint8Array;
}

const JPEG_QUALITY = 75;

/** @param height in pixels; the width follows from the photo */
export async function loadThumbnail(file: string, height: number): Promise<Thumbnail> {
  const photo = await normaliseImage(await readFile(file));
  const width = Math.max(1, Math.round((height * photo.width) / photo.height));
  const raw = { width: IMAGE_SIZE, height: IMAGE_SIZE, channels: 3 as const };
  const pixels = await sharp(photo.pixels, { raw })
    .resize(width, height, { fit: 'fill' })
    .raw()
    .toBuffer();
  return { width, height, pixels };
}

export async function encodeJpeg({ width, height, pixels }: Thumbnail): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: JPEG_QUALITY })
    .toBuffer();
}

/** For `src` and `href`. */
export async function dataUri(thumbnail: Thumbnail): Promise<string> {
  return `data:image/jpeg;base64,${(await encodeJpeg(thumbnail)).toString('base64')}`;
}

/** How bright the picture stays where the model did not look. */
const DARKEST = 0.25;

/**
 * The picture lit where the model looked: full light at the largest weight.
 * @param attention weights of the 8 × 8 grid, row by row
 */
export async function lit(
  { width, height, pixels }: Thumbnail,
  attention: readonly number[],
): Promise<Thumbnail> {
  const side = Math.sqrt(GRID_CELLS);
  const largest = Math.max(...attention);
  const levels = Uint8Array.from(attention, (weight) => Math.round((255 * weight) / largest));
  const light = await sharp(levels, { raw: { width: side, height: side, channels: 1 } })
    .resize(width, height, { fit: 'fill', kernel: 'cubic' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const shade = (value: number, index: number) =>
    value * (DARKEST + (1 - DARKEST) * ((light[Math.floor(index / 3)] as number) / 255));
  return { width, height, pixels: pixels.map(shade) };
}
