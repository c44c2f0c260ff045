// The part of the caption store that workers and the reconciler use: claims, what they write, and lost jobs.
import type { CaptionError, CaptionInput, Stage } from '@caption-queue/contract/caption';
import { type FailureCode, failureCodes } from '@caption-queue/contract/errors';
import { MAX_CLAIMS, type NewStageJob } from '@caption-queue/contract/jobs';
import { toBuffer } from '@caption-queue/redis/bytes';
import type { ReplyOf } from '@caption-queue/redis/script';
import {
  type ClaimBase,
  ClaimLostError,
  type ClaimOf,
  type ClaimOutcome,
  type ClaimRef,
  type Fetched,
  type HandOver,
  type ProgressEvent,
  type Success,
} from './claim-outcome.ts';
import * as scripts from './claim-scripts.ts';
import type { StoreContext } from './context.ts';

const tooManyAttempts = failure('too_many_attempts', failureCodes.too_many_attempts);
const pixelsLost = failure('stage_failed', 'The picture is no longer stored. Upload it again.');

/** What became of a caption whose job was lost. */
export type Revival = 'revived' | 'failed' | 'moved';

export interface StageClaims {
  claim<S extends Stage>(options: {
    captionId: string;
    stage: S;
    dispatch: number;
    /** A decoder's own bundle; it only gets captions that are pinned to it. */
    bundleHash?: string;
  }): Promise<ClaimOutcome<S>>;
  /**
   * Stores the fetched picture and adds the encode job.
   *
   * @throws ClaimLostError
   */
  storeFetched(fetched: Fetched): Promise<void>;
  /**
   * Stores the features, pins the bundle and adds the decode job.
   *
   * @throws ClaimLostError
   */
  handOver(handOver: HandOver): Promise<void>;
  /** Adds a stage's job again under the same id: harmless when it is there. */
  enqueue(job: NewStageJob): Promise<void>;
  /** @throws ClaimLostError */
  appendEvents(options: { claim: ClaimRef; events: readonly ProgressEvent[] }): Promise<void>;
  /** @throws ClaimLostError */
  succeed(success: Success): Promise<void>;
  /** @throws ClaimLostError */
  fail(options: { claim: ClaimRef; error: CaptionError }): Promise<void>;
  /** Gives a claim back: it doesn't count. Does nothing when the claim is lost already. */
  release(claim: ClaimRef): Promise<void>;
  /** Dispatches a caption whose job was lost again, or fails it when the stage's claims are used up. */
  redispatch(options: { captionId: string; stage: Stage; dispatch: number }): Promise<Revival>;
  /** Starts a caption in the decode stage again from its pixels. */
  restart(options: { captionId: string; dispatch: number }): Promise<Revival>;
}

export function createStageClaims({ run, queues }: StoreContext): StageClaims {
  async function revive(
    reply: ReplyOf<typeof scripts.REDISPATCH>,
    next: { captionId: string; stage: Stage },
  ): Promise<Revival> {
    if (reply.kind === 'moved') return 'moved';
    if (reply.kind === 'exhausted') return 'failed';
    await queues.add({ ...next, dispatch: reply.dispatch, priority: reply.priority });
    return 'revived';
  }

  async function finish(
    claim: ClaimRef,
    {
      events = [],
      ...ending
    }: {
      status: 'succeeded' | 'failed';
      fields: Record<string, string | number>;
      events?: readonly ProgressEvent[];
    },
  ): Promise<void> {
    const { kind } = await run(scripts.FINISH, {
      ...writeOf(claim),
      ...progressOf(events),
      stage: claim.stage,
      ...ending,
    });
    if (kind === 'lost') throw new ClaimLostError(claim);
  }

  return {
    async claim({ captionId, stage, dispatch, bundleHash }) {
      const reply = await run(scripts.CLAIM, {
        id: captionId,
        stage,
        dispatch,
        maxClaims: MAX_CLAIMS,
        bundleHash,
        tooManyAttempts,
        pixelsLost,
      });
      if (reply.kind !== 'claimed') return reply;
      const { fence, claims, options, createdAt, waitedMs } = reply;
      const base = { captionId, dispatch, fence, claims, options, waitedMs };
      const claim = buildClaim[stage]({ ...base, createdAt: new Date(createdAt) }, reply);
      return { kind: 'claimed', claim };
    },

    async storeFetched({ claim, input, pixels }) {
      const args = { ...writeOf(claim), pixels: toBuffer(pixels), input };
      const reply = await run(scripts.STORE_FETCHED, args);
      if (reply.kind === 'lost') throw new ClaimLostError(claim);
      const { captionId } = claim;
      const { dispatch, priority } = reply;
      await queues.add({ stage: 'encode', captionId, dispatch, priority });
    },

    async handOver({ claim, features, featureCache, encodeMs, bundleHash }) {
      const reply = await run(scripts.HAND_OVER, {
        ...writeOf(claim),
        features: toBuffer(features),
        featureCache,
        encodeMs,
        bundleHash,
      });
      if (reply.kind === 'lost') throw new ClaimLostError(claim);
      const { captionId } = claim;
      const { dispatch, priority } = reply;
      await queues.add({ stage: 'decode', captionId, dispatch, priority });
    },

    enqueue: (job) => queues.add(job),

    async appendEvents({ claim, events }) {
      if (events.length === 0) return;
      const { kind } = await run(scripts.APPEND_EVENTS, {
        ...writeOf(claim),
        ...progressOf(events),
      });
      if (kind === 'lost') throw new ClaimLostError(claim);
    },

    async succeed({ claim, events, output, decodeMs, model }) {
      const fields = {
        output: JSON.stringify(output),
        model: JSON.stringify(model),
        decode_ms: decodeMs,
      };
      await finish(claim, { status: 'succeeded', fields, events });
    },

    fail: ({ claim, error }) =>
      finish(claim, { status: 'failed', fields: { error: JSON.stringify(error) } }),

    async release(claim) {
      await run(scripts.RELEASE, { ...writeOf(claim), stage: claim.stage });
    },

    async redispatch({ captionId, stage, dispatch }) {
      const reply = await run(scripts.REDISPATCH, {
        id: captionId,
        stage,
        dispatch,
        maxClaims: MAX_CLAIMS,
        tooManyAttempts,
      });
      return revive(reply, { captionId, stage });
    },

    async restart({ captionId, dispatch }) {
      const reply = await run(scripts.RESTART, {
        id: captionId,
        dispatch,
        maxClaims: MAX_CLAIMS,
        tooManyAttempts,
      });
      return revive(reply, { captionId, stage: 'encode' });
    },
  };
}

/** Which claim writes. */
function writeOf({ captionId, dispatch, fence }: ClaimRef) {
  return { id: captionId, dispatch, fence };
}

/** Events as the scripts take them. */
function progressOf(events: readonly ProgressEvent[]) {
  return {
    events: events.map(({ type, data }): [string, string] => [type, JSON.stringify(data)]),
    words: events.filter(({ type }) => type === 'word').length,
  };
}

type Claimed = Extract<ReplyOf<typeof scripts.CLAIM>, { kind: 'claimed' }>;

/** What the answer holds for each stage. */
const buildClaim: {
  [S in Stage]: (base: Omit<ClaimBase, 'stage'>, reply: Claimed) => ClaimOf<S>;
} = {
  fetching: (base, { work }) => ({ ...base, stage: 'fetching', url: work.toString() }),
  encode: (base, { work, input }) => ({
    ...base,
    stage: 'encode',
    pixelsHash: hashOf(input),
    pixels: new Uint8Array(work),
  }),
  decode: (base, { work, input, bundleHash = '' }) => ({
    ...base,
    stage: 'decode',
    pixelsHash: hashOf(input),
    bundleHash,
    features: new Uint8Array(work),
  }),
};

function hashOf(input: CaptionInput | undefined): string {
  if (input === undefined) throw new Error('The record of a claimed caption has no input.');
  return input.sha256;
}

function failure(code: FailureCode, detail: string): string {
  return JSON.stringify({ code, detail } satisfies CaptionError);
}
