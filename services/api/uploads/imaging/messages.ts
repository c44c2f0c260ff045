// What the API and its imaging child processes say to each other.
import type { ProblemCode } from '@caption-queue/contract/problems';
import type { ImageLimits, NormalisedImage } from '@caption-queue/imaging/normalise';

export interface ImagingRequest {
  bytes: Uint8Array;
  limits: ImageLimits;
}

/** `ready` is sent once, when the process can take its first picture. */
export type ImagingReply =
  | { type: 'ready' }
  | { type: 'image'; image: NormalisedImage }
  | { type: 'problem'; code: ProblemCode; detail: string };
