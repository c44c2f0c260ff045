// How large a picture may be, checked before anything is decoded.
import { DomainError } from '@caption-queue/contract/errors';

/** 100 million pixels: more than any common camera; 300 MB when decoded as a whole. */
export const DEFAULT_MAX_PIXELS = 100_000_000;

/** No photo is longer, and a strip of a million by twenty costs decoders more than its pixels suggest. */
export const DEFAULT_MAX_SIDE = 32_768;

export interface ImageLimits {
  /** Width × height, checked before anything is decoded. Default {@link DEFAULT_MAX_PIXELS}. */
  maxPixels?: number;
  /** Of each side, in pixels. Default {@link DEFAULT_MAX_SIDE}. */
  maxSide?: number;
}

export interface Size {
  width: number;
  height: number;
}

/**
 * @param share of `maxPixels`, for formats that take more memory than others; 0 to 1
 * @throws {DomainError} `image_too_large`
 */
export function checkSize<S extends Size>(size: S, limits: ImageLimits, share = 1): S {
  const { width, height } = size;
  const { maxSide = DEFAULT_MAX_SIDE } = limits;
  const maxPixels = Math.floor((limits.maxPixels ?? DEFAULT_MAX_PIXELS) * share);
  if (Math.max(width, height) > maxSide || width * height > maxPixels) {
    throw new DomainError(
      'image_too_large',
      `The picture is ${width} × ${height} pixels; at most ${maxSide} a side and ${maxPixels} in all are accepted. Send a smaller version.`,
    );
  }
  return size;
}
