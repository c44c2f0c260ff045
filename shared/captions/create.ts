// The part of the caption store that creates captions, as many as there is room for, and each request's only once.
import { DomainError } from '@caption-queue/contract/errors';
import { withinDeadline } from '@caption-queue/redis/deadline';
import { type ReplyOf, runCall } from '@caption-queue/redis/script';
import type { StoreContext } from './context.ts';
import { createCaptionId } from './id.ts';
import { type AdmissionLimits, createLimits, idempotencyConflict, queueFull } from './limits.ts';
import {
  bindingKey,
  type CaptionChoices,
  type CREATE,
  type CREATE_ENDED,
  type Ending,
  type Idempotency,
  type Picture,
  prepareEnded,
  prepareWaiting,
} from './new-caption.ts';
import { readCaption } from './read.ts';
import type { StoredCaption } from './record.ts';

export interface AdmissionOptions {
  limits: AdmissionLimits;
  /** How long a caption can be read after it ended. */
  retentionSeconds: number;
}

export type NewCaption = CaptionChoices & Extract<Picture, { pixels: Uint8Array }>;
export type FinishedCaption = CaptionChoices & Extract<Ending, { output: object }>;

export interface CaptionAdmission {
  /**
   * Admits a caption: record and pixels in one step, then its encode job.
   *
   * @returns the caption, or the one that the same request made before
   * @throws DomainError `queue_full`, `tenant_queue_full`, `idempotency_conflict`, `caption_gone`: nothing was
   *   written; `redis_unavailable`: the caption may or may not exist
   */
  create(caption: NewCaption): Promise<StoredCaption>;
  /** Creates a caption that is finished from the start; for the rest like `create`. It needs no room. */
  createFinished(caption: FinishedCaption): Promise<StoredCaption>;
  /**
   * The caption that the same request made before, if any.
   *
   * @throws DomainError `idempotency_conflict`, `caption_gone`, `redis_unavailable`
   */
  findRepeated(request: Idempotency & { tenant: string }): Promise<StoredCaption | undefined>;
  /**
   * A cheap look, before a picture is received and decoded for nothing; `create` is what decides.
   *
   * @param repeatable a request that may have been accepted before, which then needs no room
   * @throws DomainError `queue_full`, `redis_unavailable`
   */
  checkRoom(repeatable?: { tenant: string; key: string }): Promise<void>;
}

export function createCaptionAdmission(
  context: StoreContext,
  { limits: wanted, retentionSeconds }: AdmissionOptions,
): CaptionAdmission {
  const { redis, queues, keys } = context;
  const limits = createLimits(wanted);

  /** The caption that a script's answer is about: the new one or the one from before. */
  async function answered(
    captionId: string,
    reply: ReplyOf<typeof CREATE> | ReplyOf<typeof CREATE_ENDED>,
  ): Promise<StoredCaption> {
    switch (reply.kind) {
      case 'conflict':
        throw idempotencyConflict();
      case 'full':
        throw queueFull(reply.part);
      case 'repeated':
        return readBound(reply.id);
      default:
        return readBound(captionId);
    }
  }

  async function readBound(captionId: string): Promise<StoredCaption> {
    const record = await readCaption(context, captionId);
    if (record !== undefined) return record;
    const detail = `This request made the caption ${captionId}, which was deleted since.`;
    throw new DomainError('caption_gone', detail);
  }

  async function admit(caption: NewCaption): Promise<StoredCaption> {
    const captionId = createCaptionId();
    const { input, pixels, priority = 'interactive' } = caption;
    const call = prepareWaiting({
      keys,
      captionId,
      caption,
      retentionSeconds,
      picture: { input, pixels },
      limits,
    });
    const reply = await runCall(redis, call);
    const [record] = await Promise.all([
      answered(captionId, reply),
      reply.kind === 'created'
        ? queues.add({ stage: 'encode', captionId, dispatch: 1, priority })
        : undefined,
    ]);
    return record;
  }

  async function admitFinished(caption: FinishedCaption): Promise<StoredCaption> {
    const captionId = createCaptionId();
    const { input, output, model } = caption;
    const ending = { input, output, model };
    const call = prepareEnded({ keys, captionId, caption, retentionSeconds, ending });
    return answered(captionId, await runCall(redis, call));
  }

  return {
    create: (caption) => withinDeadline(redis, () => admit(caption)),

    createFinished: (caption) => withinDeadline(redis, () => admitFinished(caption)),

    findRepeated: (request) =>
      withinDeadline(redis, async () => {
        const bound = await redis.get(bindingKey(keys, request.tenant, request.key));
        if (bound === null) return undefined;
        const [requestHash, captionId = ''] = bound.split(' ');
        if (requestHash !== request.requestHash) throw idempotencyConflict();
        return readBound(captionId);
      }),

    checkRoom: (repeatable) =>
      withinDeadline(redis, async () => {
        const inWork = await redis.zcard(keys.active);
        if (inWork < limits.all) return;
        if (repeatable !== undefined) {
          const { tenant, key } = repeatable;
          if ((await redis.exists(bindingKey(keys, tenant, key))) === 1) return;
        }
        throw queueFull('all');
      }),
  };
}
