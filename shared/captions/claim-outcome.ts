// A claim: a worker's right to write to one caption in one stage, until someone else claims it.
import type {
  CaptionInput,
  CaptionMetrics,
  CaptionOptions,
  CaptionOutput,
  Priority,
  Stage,
} from '@caption-queue/contract/caption';
import type { CaptionEvent } from '@caption-queue/contract/events';

/** Names the claim in every later write; a write under an older fence is refused. */
export interface ClaimRef {
  readonly captionId: string;
  readonly stage: Stage;
  readonly dispatch: number;
  readonly fence: number;
}

export interface ClaimBase extends ClaimRef {
  /** How many claims this stage has had, this one included. */
  readonly claims: number;
  readonly options: CaptionOptions;
  readonly createdAt: Date;
  /** Waited in the queue, for this claim. */
  readonly waitedMs: number;
}

export interface FetchingClaim extends ClaimBase {
  readonly stage: 'fetching';
  /** Where the picture is. */
  readonly url: string;
}

export interface EncodeClaim extends ClaimBase {
  readonly stage: 'encode';
  /** Of the pixels, hexadecimal. */
  readonly pixelsHash: string;
  /** 299 × 299 RGB. */
  readonly pixels: Uint8Array;
}

export interface DecodeClaim extends ClaimBase {
  readonly stage: 'decode';
  /** Of the pixels, hexadecimal. */
  readonly pixelsHash: string;
  /** As the encoder gave them. */
  readonly features: Uint8Array;
  readonly bundleHash: string;
}

interface Claims {
  fetching: FetchingClaim;
  encode: EncodeClaim;
  decode: DecodeClaim;
}
export type ClaimOf<S extends Stage> = Claims[S];

export type ClaimOutcome<S extends Stage> =
  | { readonly kind: 'claimed'; readonly claim: ClaimOf<S> }
  /** The stage is over; the next one's job may have been lost and has to be added again. */
  | { readonly kind: 'handed-over'; readonly dispatch: number; readonly priority: Priority }
  /** The features were made for another bundle than this decoder's. `first`: it was not parked before. */
  | { readonly kind: 'other-bundle'; readonly bundleHash: string; readonly first: boolean }
  | { readonly kind: 'features-lost'; readonly dispatch: number }
  /** The claims were used up, or the picture is gone: the caption has just failed. */
  | { readonly kind: 'exhausted' | 'pixels-lost' }
  /** Nothing to do: no such caption, already ended, or an old job. */
  | { readonly kind: 'gone' | 'ended' | 'stale' };

export interface HandOver {
  claim: EncodeClaim;
  features: Uint8Array;
  featureCache: NonNullable<CaptionMetrics['feature_cache']>;
  encodeMs: number;
  bundleHash: string;
}

export interface Fetched {
  claim: FetchingClaim;
  input: CaptionInput;
  /** 299 × 299 RGB. */
  pixels: Uint8Array;
}

export type ProgressEvent = Extract<CaptionEvent, { type: 'draft' | 'word' }>;

export interface Success {
  claim: DecodeClaim;
  /** What was not appended yet. */
  events: readonly ProgressEvent[];
  output: CaptionOutput;
  decodeMs: number;
  model: { name: string; version: string };
}

/** Another worker holds the caption, or it has ended (canceled, deleted, expired): this worker's result doesn't count. */
export class ClaimLostError extends Error {
  constructor(claim: ClaimRef) {
    super(`Claim ${claim.fence} on ${claim.captionId} (${claim.stage}) is lost.`);
    this.name = 'ClaimLostError';
  }
}
