// What the API and its imaging child processes say to each other.
import type { ErrorCode } from '@caption-queue/contract/errors';
import type { ImageLimits, NormalisedImage } from '@caption-queue/imaging/normalise';

export interface ImagingRequest {
  bytes: Uint8Array;
  limits: ImageLimits;
}

/** `ready` is sent once, when the process can take its first picture. */
export type ImagingReply =
  | { type: 'ready' }
  | { type: 'image'; image: NormalisedImage }
  | { type: 'problem'; code: ErrorCode; detail: string };
