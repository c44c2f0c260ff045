// The caption store: every state change of a caption, each one atomic script. The record is the truth.
import type {
  CaptionError,
  CaptionInput,
  CaptionOptions,
  CaptionRecord,
  Stage,
} from '@caption-queue/contract/caption';
import { MAX_CLAIMS } from '@caption-queue/contract/jobs';
import { buildKeys } from '@caption-queue/contract/keys';
import { type FailureCode, failureCodes, ProblemError } from '@caption-queue/contract/problems';
import type { Redis } from 'ioredis';
import { createCaptionId } from './caption-id.ts';
import {
  ClaimLostError,
  type ClaimOutcome,
  type ClaimRef,
  type HandOver,
  type ProgressEvent,
  type Success,
} from './claim.ts';
import { parseClaim } from './claim-reply.ts';
import { withinDeadline } from './deadline.ts';
import type { StageQueues } from './queues.ts';
import { parseRecord } from './record.ts';
import {
  runScript,
  type Script,
  type ScriptArgument,
  type ScriptReply,
} from './scripts/run-script.ts';
import * as scripts from './scripts/transitions.ts';

/** Pixels (268,203 bytes), features (262,144) and what surrounds them, while a caption is in work. */
const RESERVED_BYTES_PER_CAPTION = 540_000;
const QUEUE_FULL_RETRY_AFTER_SECONDS = 5;

const tooManyAttempts = failure('too_many_attempts', failureCodes.too_many_attempts);
const pixelsLost = failure('stage_failed', 'The picture is no longer stored. Upload it again.');

export interface CaptionStoreOptions {
  redis: Redis;
  queues: StageQueues;
  prefix: string;
  /** Needed to create captions only. */
  limits?: { queueLimit: number; queueLimitBytes: number };
  /** Needed to create captions only: how long a caption can be read after it ended. */
  retentionSeconds?: number;
}

/** What became of a caption whose job was lost. */
export type Revival = 'revived' | 'failed' | 'moved';

export interface CaptionStore {
  /**
   * Admits a caption: record and pixels in one step, then its encode job.
   *
   * @throws ProblemError `queue_full`, nothing was written; `redis_unavailable`, the caption may or may not exist
   */
  create(options: {
    input: CaptionInput;
    options: CaptionOptions;
    /** 299 × 299 RGB. */
    pixels: Uint8Array;
  }): Promise<CaptionRecord>;
  /**
   * A cheap look, before a picture is received and decoded for nothing; `create` is what decides.
   *
   * @throws ProblemError `queue_full`, `redis_unavailable`
   */
  checkRoom(): Promise<void>;
  /**
   * @returns undefined when there is no such caption
   * @throws ProblemError `redis_unavailable`
   */
  get(captionId: string): Promise<CaptionRecord | undefined>;
  claim<S extends Stage>(options: {
    captionId: string;
    stage: S;
    dispatch: number;
    /** A decoder's own bundle; it only gets captions that are pinned to it. */
    bundleHash?: string;
  }): Promise<ClaimOutcome<S>>;
  /**
   * Stores the features, pins the bundle and adds the decode job.
   *
   * @throws ClaimLostError
   */
  handOver(handOver: HandOver): Promise<void>;
  /** Adds a stage's job again under the same id: harmless when it is there. */
  enqueue(options: { captionId: string; stage: Stage; dispatch: number }): Promise<void>;
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

/** Creates the store. It owns neither the connection nor the queues. */
export function createCaptionStore(options: CaptionStoreOptions): CaptionStore {
  const { redis, queues, prefix, limits, retentionSeconds } = options;
  const keys = buildKeys(prefix);

  function run(script: Script, captionId: string, ...args: ScriptArgument[]): Promise<ScriptReply> {
    return runScript(redis, script, {
      keys: [
        keys.caption(captionId),
        keys.events(captionId),
        keys.pixels(captionId),
        keys.features(captionId),
        keys.active,
        keys.admitted,
        keys.finished,
      ],
      args: [keys.hint(captionId), captionId, ...args],
    });
  }

  async function write(script: Script, claim: ClaimRef, ...args: ScriptArgument[]) {
    const reply = await run(script, claim.captionId, ...args);
    if (reply.text(0) === 'lost') throw new ClaimLostError(claim);
    return reply;
  }

  async function read(captionId: string): Promise<CaptionRecord | undefined> {
    const [hash, finished] = await Promise.all([
      redis.hgetall(keys.caption(captionId)),
      redis.get(keys.finished),
    ]);
    return parseRecord(hash, Number(finished ?? 0));
  }

  async function admit(
    captionId: string,
    upload: { input: CaptionInput; options: CaptionOptions; pixels: Uint8Array },
  ): Promise<CaptionRecord> {
    if (limits === undefined || retentionSeconds === undefined) {
      throw new Error(
        'This store was made without limits and retention: it can’t create captions.',
      );
    }
    const reply = await run(
      scripts.CREATE,
      captionId,
      mostInWork(limits),
      retentionSeconds,
      JSON.stringify(upload.input),
      JSON.stringify(upload.options),
      toBuffer(upload.pixels),
    );
    if (reply.text(0) === 'full') throw queueFull();
    const [, record] = await Promise.all([
      queues.add({ stage: 'encode', captionId, dispatch: 1 }),
      read(captionId),
    ]);
    if (record === undefined) throw new Error(`${captionId} vanished while it was created.`);
    return record;
  }

  async function revive(
    reply: ScriptReply,
    next: { captionId: string; stage: Stage },
  ): Promise<Revival> {
    const kind = reply.text(0);
    if (kind === 'moved') return 'moved';
    if (kind === 'exhausted') return 'failed';
    await queues.add({ ...next, dispatch: reply.number(1) });
    return 'revived';
  }

  return {
    create(upload) {
      const captionId = createCaptionId();
      return withinDeadline(redis, () => admit(captionId, upload));
    },

    checkRoom: () =>
      withinDeadline(redis, async () => {
        const inWork = await redis.zcard(keys.active);
        if (limits !== undefined && inWork >= mostInWork(limits)) throw queueFull();
      }),

    get: (captionId) => withinDeadline(redis, () => read(captionId)),

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
      const { captionId } = claim;
      await queues.add({ stage: 'decode', captionId, dispatch: reply.number(1) });
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

function mostInWork(limits: { queueLimit: number; queueLimitBytes: number }): number {
  const byBytes = Math.floor(limits.queueLimitBytes / RESERVED_BYTES_PER_CAPTION);
  return Math.min(limits.queueLimit, byBytes);
}

function queueFull(): ProblemError {
  return new ProblemError(
    'queue_full',
    'As many captions are in work as this service holds. Try again in a few seconds.',
    { retryAfterSeconds: QUEUE_FULL_RETRY_AFTER_SECONDS },
  );
}

function failure(code: FailureCode, detail: string): string {
  return JSON.stringify({ code, detail } satisfies CaptionError);
}

function toBuffer(array: Uint8Array | Uint16Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
