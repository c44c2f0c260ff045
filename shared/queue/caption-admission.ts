// The part of the caption store that creates captions, as many as there is room for.
import type { CaptionInput, CaptionOptions } from '@caption-queue/contract/caption';
import { ProblemError } from '@caption-queue/contract/problems';
import { createCaptionId } from './caption-id.ts';
import { readCaption } from './caption-reader.ts';
import { withinDeadline } from './deadline.ts';
import type { StoredCaption } from './record.ts';
import { CREATE } from './scripts/admission.ts';
import { type StoreContext, toBuffer } from './store-context.ts';

/** Pixels (268,203 bytes), features (262,144) and what surrounds them, while a caption is in work. */
const RESERVED_BYTES_PER_CAPTION = 540_000;
const QUEUE_FULL_RETRY_AFTER_SECONDS = 5;

export interface AdmissionOptions {
  limits: { queueLimit: number; queueLimitBytes: number };
  /** How long a caption can be read after it ended. */
  retentionSeconds: number;
}

export interface NewCaption {
  tenant: string;
  input: CaptionInput;
  options: CaptionOptions;
  /** 299 × 299 RGB. */
  pixels: Uint8Array;
  /** A caption that has not ended by then becomes `expired`. Default: it may take as long as it takes. */
  expiresInSeconds?: number | undefined;
}

export interface CaptionAdmission {
  /**
   * Admits a caption: record and pixels in one step, then its encode job.
   *
   * @throws ProblemError `queue_full`, nothing was written; `redis_unavailable`, the caption may or may not exist
   */
  create(caption: NewCaption): Promise<StoredCaption>;
  /**
   * A cheap look, before a picture is received and decoded for nothing; `create` is what decides.
   *
   * @throws ProblemError `queue_full`, `redis_unavailable`
   */
  checkRoom(): Promise<void>;
}

export function createCaptionAdmission(
  context: StoreContext,
  { limits, retentionSeconds }: AdmissionOptions,
): CaptionAdmission {
  const { redis, queues, keys, run } = context;
  const mostInWork = Math.min(
    limits.queueLimit,
    Math.floor(limits.queueLimitBytes / RESERVED_BYTES_PER_CAPTION),
  );

  async function admit(captionId: string, caption: NewCaption): Promise<StoredCaption> {
    const fields = {
      tenant: caption.tenant,
      input: JSON.stringify(caption.input),
      options: JSON.stringify(caption.options),
      retention_seconds: retentionSeconds,
    };
    const pixels = toBuffer(caption.pixels);
    const expiresIn = caption.expiresInSeconds ?? '';
    const pairs = Object.entries(fields).flat();
    const reply = await run(CREATE, captionId, mostInWork, pixels, expiresIn, ...pairs);
    if (reply.text(0) === 'full') throw queueFull();
    const [, record] = await Promise.all([
      queues.add({ stage: 'encode', captionId, dispatch: 1 }),
      readCaption(context, captionId),
    ]);
    if (record === undefined) throw new Error(`${captionId} vanished while it was created.`);
    return record;
  }

  return {
    create: (caption) => withinDeadline(redis, () => admit(createCaptionId(), caption)),

    checkRoom: () =>
      withinDeadline(redis, async () => {
        if ((await redis.zcard(keys.active)) >= mostInWork) throw queueFull();
      }),
  };
}

function queueFull(): ProblemError {
  return new ProblemError(
    'queue_full',
    'As many captions are in work as this service holds. Try again in a few seconds.',
    { retryAfterSeconds: QUEUE_FULL_RETRY_AFTER_SECONDS },
  );
}
