// What the state machine of captions should do, said again in the simplest way: the model that the scripts are held to.

import type { DecodeClaim, EncodeClaim } from '@caption-queue/captions/claim-outcome';
import {
  type CaptionOutput,
  type CaptionStatus,
  isTerminal,
} from '@caption-queue/contract/caption';
import { MAX_CLAIMS } from '@caption-queue/contract/jobs';

export const bundleHash = 'bundle-a';
/** What every decoder here says. */
export const output: CaptionOutput = {
  caption: 'a b',
  confidence: null,
  alt_text: null,
  kind: null,
  kind_confidence: null,
  tags: [],
  alternatives: [],
  words: [],
};

export interface CaptionModel {
  readonly id: string;
  readonly key: string;
  /** Of its flat picture. */
  readonly value: number;
  status: CaptionStatus;
  stage: 'encode' | 'decode';
  dispatch: number;
  fence: number;
  claims: { encode: number; decode: number };
  words: number;
  deleted: boolean;
}

/** What a worker that may be dead by now was given. */
export interface Held {
  caption: CaptionModel;
  claim: EncodeClaim | DecodeClaim;
}

export interface Model {
  captions: CaptionModel[];
  held: Held[];
}

export function newCaption(fields: Pick<CaptionModel, 'id' | 'key' | 'value'>): CaptionModel {
  const claims = { encode: 0, decode: 0 };
  const state = { status: 'queued', stage: 'encode', dispatch: 1, fence: 0 } as const;
  return { ...fields, ...state, claims, words: 0, deleted: false };
}

export const isInWork = (caption: CaptionModel): boolean =>
  !caption.deleted && !isTerminal(caption.status);

/** May this claim still write? */
export const isHeld = ({ caption, claim }: Held): boolean =>
  isInWork(caption) &&
  caption.stage === claim.stage &&
  caption.dispatch === claim.dispatch &&
  caption.fence === claim.fence;

/** @returns the kind of outcome */
export function claim(
  caption: CaptionModel,
  asked: { stage: 'encode' | 'decode'; dispatch: number },
): 'gone' | 'ended' | 'handed-over' | 'stale' | 'exhausted' | 'claimed' {
  const { stage, dispatch } = asked;
  if (caption.deleted) return 'gone';
  if (!isInWork(caption)) return 'ended';
  if (stage === 'encode' && caption.stage === 'decode') return 'handed-over';
  if (caption.stage !== stage || caption.dispatch !== dispatch) return 'stale';
  if (failWhenExhausted(caption, stage)) return 'exhausted';
  caption.claims[stage] += 1;
  caption.fence += 1;
  if (stage === 'encode') caption.status = 'encoding';
  else caption.words = 0;
  return 'claimed';
}

export function handOver(caption: CaptionModel): void {
  Object.assign(caption, { status: 'decoding', stage: 'decode', dispatch: caption.dispatch + 1 });
}

export function release({ caption, claim: { stage } }: Held): void {
  caption.claims[stage] -= 1;
  caption.fence += 1;
}

export function redispatch(
  caption: CaptionModel,
  seen: { stage: 'encode' | 'decode'; dispatch: number },
): 'moved' | 'failed' | 'revived' {
  const { stage, dispatch } = seen;
  if (!isInWork(caption) || caption.stage !== stage || caption.dispatch !== dispatch)
    return 'moved';
  if (failWhenExhausted(caption, stage)) return 'failed';
  caption.dispatch += 1;
  return 'revived';
}

export function restart(caption: CaptionModel, dispatch: number): 'moved' | 'failed' | 'revived' {
  if (!isInWork(caption) || caption.stage !== 'decode' || caption.dispatch !== dispatch) {
    return 'moved';
  }
  if (failWhenExhausted(caption, 'encode')) return 'failed';
  Object.assign(caption, { status: 'queued', stage: 'encode', dispatch: dispatch + 1 });
  caption.fence += 1;
  return 'revived';
}

function failWhenExhausted(caption: CaptionModel, stage: 'encode' | 'decode'): boolean {
  if (caption.claims[stage] < MAX_CLAIMS) return false;
  caption.status = 'failed';
  return true;
}
