// Turns any accepted picture into the 299 × 299 RGB pixels that the encoder reads. The API, the training
// and the command line share this file, so a model never meets pixels made in another way.
import { IMAGE_SIZE, PIXELS_BYTES } from '@caption-queue/contract/bundle';
import { DomainError } from '@caption-queue/contract/errors';
import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { readPngChunks } from './png-chunks.ts';
import { type ImageMediaType, sniffFormat } from './sniff-format.ts';

/**
 * The training photos are 224 × 224 and scaled up, uploads are large and scaled down. Of the kernels,
 * `linear` brings the two closest: the same photo reached by either way differs by 5.3 levels on average
 * (mitchell 5.6, cubic 6.1, lanczos3 6.4), because it neither sharpens nor rings. It is also what the
 * encoder's own ImageNet training used, and what other tools call antialiased bilinear.
 */
const KERNEL = 'linear';

/** 100 million pixels: more than any common camera; 300 MB when decoded as a whole. */
export const DEFAULT_MAX_PIXELS = 100_000_000;

/** No photo is longer, and a strip of a million by twenty costs decoders more than its pixels suggest. */
export const DEFAULT_MAX_SIDE = 32_768;

/**
 * AVIF decodes as a whole, into planes and then into RGB: 18 bytes a pixel, where the next dearest (PNG,
 * interlaced, 16 bits, alpha) takes 9. So it gets half of `maxPixels`, and no picture takes over 1 GB.
 */
const AVIF_SHARE_OF_MAX_PIXELS = 0.5;

export interface ImageLimits {
  /** Width × height, checked before anything is decoded. Default {@link DEFAULT_MAX_PIXELS}. */
  maxPixels?: number;
  /** Of each side, in pixels. Default {@link DEFAULT_MAX_SIDE}. */
  maxSide?: number;
}

export interface NormalisedImage {
  /** `[299, 299, 3]` RGB, row by row: 268,203 bytes. */
  pixels: Uint8Array;
  /** What the bytes were. */
  mediaType: ImageMediaType;
  /** Of the original, after orientation. */
  width: number;
  height: number;
}

// Only these decoders can ever run in this process, whatever the bytes claim to be.
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: [
    'VipsForeignLoadJpegBuffer',
    'VipsForeignLoadPngBuffer',
    'VipsForeignLoadWebpBuffer',
    'VipsForeignLoadNsgifBuffer',
    'VipsForeignLoadHeifBuffer',
  ],
});
// Every picture comes once: a cache of operations would only hold memory.
sharp.cache(false);

/**
 * Decodes a picture (of an animation the first frame), applies its EXIF orientation, converts it to sRGB,
 * lays it on white and stretches it to 299 × 299. The same bytes always give the same pixels.
 *
 * @throws {DomainError} `empty_upload`, `unsupported_image`, `image_too_large` or `damaged_image`
 */
export async function normaliseImage(
  bytes: Uint8Array,
  limits: ImageLimits = {},
): Promise<NormalisedImage> {
  if (bytes.length === 0) {
    throw new DomainError('empty_upload', 'The upload has no bytes; send the file of a picture.');
  }
  const mediaType = sniffFormat(bytes);
  if (mediaType === undefined) {
    throw new DomainError(
      'unsupported_image',
      'These bytes are not a JPEG, PNG, WebP, GIF or AVIF picture; convert it to one of these.',
    );
  }
  const options: SharpOptions = {
    // A truncated file is refused, not filled up with grey.
    failOn: 'warning',
    // Checked below against `maxPixels`, where the answer can name the numbers.
    limitInputPixels: false,
    pages: 1,
    sequentialRead: true,
  };
  let source = bytes;
  if (mediaType === 'image/png') {
    const png = readPngChunks(bytes);
    checkSize(png, limits);
    if (!png.complete) throw damaged(new Error('the PNG ends before its IEND chunk'));
    source = png.bytes;
  }
  const header = await readHeader(source, options);
  const { width, height } = checkSize(header.autoOrient, mediaTypeLimits(mediaType, limits));
  const pipeline = sharp(source, options)
    .autoOrient()
    .toColourspace('srgb')
    .flatten({ background: '#ffffff' })
    .resize(IMAGE_SIZE, IMAGE_SIZE, { fit: 'fill', kernel: KERNEL })
    .raw({ depth: 'uchar' });
  // sharp turns colours of 16 bits with a profile into Display P3 and leaves them there unless told.
  if (header.space === 'rgb16' && header.hasProfile) {
    pipeline.withIccProfile('srgb', { attach: false });
  }
  try {
    const data = await pipeline.toBuffer();
    if (data.length !== PIXELS_BYTES) throw new Error(`decoded to ${data.length} bytes`);
    return { pixels: new Uint8Array(data), mediaType, width, height };
  } catch (cause) {
    throw damaged(cause);
  }
}

async function readHeader(bytes: Uint8Array, options: SharpOptions): Promise<Metadata> {
  try {
    return await sharp(bytes, options).metadata();
  } catch (cause) {
    throw damaged(cause);
  }
}

function mediaTypeLimits(mediaType: ImageMediaType, limits: ImageLimits): ImageLimits {
  const { maxPixels = DEFAULT_MAX_PIXELS } = limits;
  if (mediaType !== 'image/avif') return limits;
  return { ...limits, maxPixels: maxPixels * AVIF_SHARE_OF_MAX_PIXELS };
}

interface Size {
  width: number;
  height: number;
}

function checkSize({ width, height }: Size, limits: ImageLimits): Size {
  const { maxPixels = DEFAULT_MAX_PIXELS, maxSide = DEFAULT_MAX_SIDE } = limits;
  if (Math.max(width, height) > maxSide || width * height > maxPixels) {
    throw new DomainError(
      'image_too_large',
      `The picture is ${width} × ${height} pixels; at most ${maxSide} a side and ${maxPixels} in all are accepted. Send a smaller version.`,
    );
  }
  return { width, height };
}

function damaged(cause: unknown): DomainError {
  return new DomainError(
    'damaged_image',
    'The picture is damaged or cut off and cannot be decoded; send the whole file again.',
    { cause },
  );
}
