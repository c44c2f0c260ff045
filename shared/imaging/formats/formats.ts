// What is done with each format beyond handing it to libvips.
import type { ImageLimits } from '../limits.ts';
import type { ImageMediaType } from '../sniff-format.ts';
import { decodeBmp } from './bmp.ts';
import { openGif } from './gif.ts';
import { decodeHeic, HEIC_SHARE_OF_MAX_PIXELS } from './heic.ts';
import { asStillAvif } from './heif.ts';
import { mendJpeg } from './jpeg/mend.ts';
import { openPng } from './png.ts';
import { checkTiff, explainTiff } from './tiff.ts';
import { withRealSize } from './webp.ts';

export interface Mended {
  bytes: Uint8Array;
  /** Whether the decoder may pass over what it finds wrong: nothing of the picture is missing. */
  lenient: boolean;
}

export interface Format {
  /** @returns what libvips can decode, of bounded cost @throws {DomainError} as `normaliseImage` */
  open(bytes: Uint8Array, limits: ImageLimits): Uint8Array | Promise<Uint8Array>;
  /**
   * Called when libvips found what `open` gave damaged.
   * @param why in libvips' words
   * @returns the mended file; `undefined` when there is none
   * @throws {DomainError} when more is known of the damage
   */
  mend?(bytes: Uint8Array, limits: ImageLimits, why: string): Mended | undefined;
  /** Of `maxPixels`, where decoding takes more memory than others. Default 1. */
  share?: number;
}

/**
 * AVIF decodes as a whole, into planes and then into RGB: 18 bytes a pixel, where the next dearest (PNG,
 * interlaced, 16 bits, alpha) takes 9. So it gets half of `maxPixels`, and no picture takes over 1 GB.
 */
const AVIF_SHARE_OF_MAX_PIXELS = 0.5;

const asItIs = (bytes: Uint8Array) => bytes;

export const formats: Record<ImageMediaType, Format> = {
  'image/jpeg': { open: asItIs, mend: mendJpeg },
  'image/png': { open: openPng },
  'image/webp': { open: withRealSize },
  'image/gif': { open: openGif },
  'image/avif': { open: asStillAvif, share: AVIF_SHARE_OF_MAX_PIXELS },
  'image/heic': { open: decodeHeic, share: HEIC_SHARE_OF_MAX_PIXELS },
  'image/tiff': { open: checkTiff, mend: explainTiff },
  'image/bmp': { open: decodeBmp },
};
