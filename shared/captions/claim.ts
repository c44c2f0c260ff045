// The part of the caption store that workers and the reconciler use: claims, what they write, and lost jobs.
import type { CaptionError, Priority, Stage } from '@caption-queue/contract/caption';
import { type FailureCode, failureCodes } from '@caption-queue/contract/errors';
import { MAX_CLAIMS, type NewStageJob } from '@caption-queue/contract/jobs';
import { toBuffer } from '@caption-queue/redis/bytes';
import type { Script, ScriptArgument, ScriptReply } from '@caption-queue/redis/script';
import {
  ClaimLostError,
  type ClaimOutcome,
  type ClaimRef,
  type Fetched,
  type HandOver,
  type ProgressEvent,
  type Success,
} from './claim-outcome.ts';
import { parseClaim } from './claim-reply.ts';
import type { StoreContext } from './context.ts';
import * as scripts from './scripts/transitions.ts';

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
  async function write(script: Script, claim: ClaimRef, ...args: ScriptArgument[]) {
    const reply = await run(script, claim.captionId, ...args);
    if (reply.text(0) === 'lost') throw new ClaimLostError(claim);
    return reply;
  }

  async function revive(
    reply: ScriptReply,
    next: { captionId: string; stage: Stage },
  ): Promise<Revival> {
    const kind = reply.text(0);
    if (kind === 'moved') return 'moved';
    if (kind === 'exhausted') return 'failed';
    const priority = reply.text(2) as Priority;
    await queues.add({ ...next, dispatch: reply.number(1), priority });
    return 'revived';
  }

  return {
    async claim<S extends Stage>(claimOptions: {
      captionId: string;
      stage: S;
      dispatch: number;
      bundleHash?: string;
    }) {
      const { captionId, stage, dispatch, bundleHash = '' } = claimOptions;
      const reply = await run(
        scripts.CLAIM,
        captionId,
        stage,
        dispatch,
        MAX_CLAIMS,
        bundleHash,
        tooManyAttempts,
        pixelsLost,
      );
      return parseClaim(reply, { captionId, stage, dispatch });
    },

    async storeFetched({ claim, input, pixels }) {
      const { captionId, dispatch, fence } = claim;
      const json = JSON.stringify(input);
      const reply = await write(scripts.FETCHED, claim, dispatch, fence, toBuffer(pixels), json);
      const priority = reply.text(2) as Priority;
      await queues.add({ stage: 'encode', captionId, dispatch: reply.number(1), priority });
    },

    async handOver({ claim, features, featureCache, encodeMs, bundleHash }) {
      const reply = await write(
        scripts.HAND_OVER,
        claim,
        claim.dispatch,
        claim.fence,
        toBuffer(features),
        featureCache,
        encodeMs,
        bundleHash,
      );
      await queues.add({
        stage: 'decode',
        captionId: claim.captionId,
        dispatch: reply.number(1),
        priority: reply.text(2) as Priority,
      });
    },

    enqueue: (job) => queues.add(job),

    async appendEvents({ claim, events }) {
      if (events.length === 0) return;
      const words = events.filter((event) => event.type === 'word').length;
      const pairs = events.flatMap((event) => [event.type, JSON.stringify(event.data)]);
      await write(scripts.APPEND_EVENTS, claim, claim.dispatch, claim.fence, words, ...pairs);
    },

    async succeed({ claim, output, decodeMs, model }) {
      const fields = [
        ...['output', JSON.stringify(output)],
        ...['model', JSON.stringify(model)],
        ...['decode_ms', decodeMs],
      ];
      const { stage, dispatch, fence } = claim;
      await write(scripts.FINISH, claim, stage, dispatch, fence, 'succeeded', ...fields);
    },

    async fail({ claim, error }) {
      const { stage, dispatch, fence } = claim;
      const fields = ['error', JSON.stringify(error)];
      await write(scripts.FINISH, claim, stage, dispatch, fence, 'failed', ...fields);
    },

    async release({ captionId, stage, dispatch, fence }) {
      await run(scripts.RELEASE, captionId, stage, dispatch, fence);
    },

    async redispatch({ captionId, stage, dispatch }) {
      const reply = await run(
        scripts.REDISPATCH,
        captionId,
        stage,
        dispatch,
        MAX_CLAIMS,
        tooManyAttempts,
      );
      return revive(reply, { captionId, stage });
    },

    async restart({ captionId, dispatch }) {
      const reply = await run(scripts.RESTART, captionId, dispatch, MAX_CLAIMS, tooManyAttempts);
      return revive(reply, { captionId, stage: 'encode' });
    },
  };
}

function failure(code: FailureCode, detail: string): string {
  return JSON.stringify({ code, detail } satisfies CaptionError);
}
