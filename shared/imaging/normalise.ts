// Turns any accepted picture into the 299 × 299 RGB pixels that the encoder reads. The API, the training
// and the command line share this file, so a model never meets pixels made in another way.
import { IMAGE_SIZE, PIXELS_BYTES } from '@caption-queue/contract/bundle';
import { DomainError } from '@caption-queue/contract/errors';
import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { formats } from './formats/formats.ts';
import { checkSize, type ImageLimits } from './limits.ts';
import { damaged } from './refusals.ts';
import { type ImageMediaType, sniffFormat, withoutBlanks } from './sniff-format.ts';
import { unsupported } from './unread-formats.ts';

/**
 * The training photos are 224 × 224 and scaled up, uploads are large and scaled down. Of the kernels,
 * `linear` brings the two closest: the same photo reached by either way differs by 5.3 levels on average
 * (mitchell 5.6, cubic 6.1, lanczos3 6.4), because it neither sharpens nor rings. It is also what the
 * encoder's own ImageNet training used, and what other tools call antialiased bilinear.
 */
const KERNEL = 'linear';

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
    'VipsForeignLoadTiffBuffer',
  ],
});
// Every picture comes once: a cache of operations would only hold memory.
sharp.cache(false);

/**
 * Decodes a picture (of an animation the first frame, of a TIFF the first page), applies its orientation, converts it to
 * sRGB, lays it on white and stretches it to 299 × 299. The same bytes always give the same pixels.
 *
 * @throws {DomainError} `empty_upload`, `unsupported_image`, `image_too_large` or `damaged_image`
 */
export async function normaliseImage(
  upload: Uint8Array,
  limits: ImageLimits = {},
): Promise<NormalisedImage> {
  if (upload.length === 0) {
    throw new DomainError('empty_upload', 'The upload has no bytes; send the file of a picture.');
  }
  const bytes = withoutBlanks(upload);
  const mediaType = sniffFormat(bytes);
  if (mediaType === undefined) throw unsupported(bytes);
  const { open, mend, share } = formats[mediaType];
  const source = await open(bytes, limits);
  // A truncated file is refused, not filled up with grey.
  const picture = await decode({ source, failOn: 'warning', limits, share }).catch(
    (error: unknown) => {
      if (!(error instanceof DomainError && error.code === 'damaged_image')) throw error;
      const mended = mend?.(bytes, limits, String(error.cause));
      if (mended === undefined) throw error;
      const failOn = mended.lenient ? 'error' : 'warning';
      return decode({ source: mended.bytes, failOn, limits, share });
    },
  );
  return { ...picture, mediaType };
}

async function decode({
  source,
  failOn,
  limits,
  share,
}: {
  source: Uint8Array;
  failOn: 'warning' | 'error';
  limits: ImageLimits;
  /** Of the pixels that the limits allow. */
  share: number | undefined;
}): Promise<Omit<NormalisedImage, 'mediaType'>> {
  const options: SharpOptions = {
    failOn,
    // Checked below against `maxPixels`, where the answer can name the numbers.
    limitInputPixels: false,
    pages: 1,
    sequentialRead: true,
  };
  const header = await readHeader(source, options);
  const { width, height } = checkSize(header.autoOrient, limits, share);
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
    return { pixels: new Uint8Array(data), width, height };
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
