// The part of the caption store that creates captions, as many as there is room for, and each request's only once.
import { createHash } from 'node:crypto';
import type {
  CaptionInput,
  CaptionOptions,
  CaptionOutput,
  CaptionRecord,
  Metadata,
  Priority,
} from '@caption-queue/contract/caption';
import { ProblemError } from '@caption-queue/contract/problems';
import type { WebhookEventType } from '@caption-queue/contract/webhooks';
import {
  type AdmissionLimits,
  createLimits,
  type FullPart,
  queueFull,
} from './admission-limits.ts';
import { createCaptionId } from './caption-id.ts';
import { readCaption } from './caption-reader.ts';
import { withinDeadline } from './deadline.ts';
import type { StoredCaption } from './record.ts';
import { CREATE, CREATE_FINISHED } from './scripts/admission.ts';
import {
  runScript,
  type Script,
  type ScriptArgument,
  type ScriptReply,
} from './scripts/run-script.ts';
import { type StoreContext, scriptKeys, toBuffer } from './store-context.ts';

export interface AdmissionOptions {
  limits: AdmissionLimits;
  /** How long a caption can be read after it ended. */
  retentionSeconds: number;
}

export interface Idempotency {
  tenant: string;
  /** The header `Idempotency-Key`. */
  key: string;
  /** Of all that makes the request what it is: under the same key, another one is refused. */
  requestHash: string;
}

/** What a caption has from its birth. */
export interface CaptionChoices {
  tenant: string;
  options: CaptionOptions;
  /** Default `interactive`. */
  priority?: Priority | undefined;
  metadata?: Metadata | undefined;
  /** Told of its end, if `webhookEvents` (default: all) has the event. */
  webhook?: string | undefined;
  webhookEvents?: readonly WebhookEventType[] | undefined;
  idempotency?: Omit<Idempotency, 'tenant'> | undefined;
}

export interface NewCaption extends CaptionChoices {
  input: CaptionInput;
  /** 299 × 299 RGB. */
  pixels: Uint8Array;
  /** A caption that has not ended by then becomes `expired`. Default: it may take as long as it takes. */
  expiresInSeconds?: number | undefined;
}

export interface FinishedCaption extends CaptionChoices {
  input: CaptionInput;
  output: CaptionOutput;
  model: NonNullable<CaptionRecord['model']>;
}

export interface CaptionAdmission {
  /**
   * Admits a caption: record and pixels in one step, then its encode job.
   *
   * @returns the caption, or the one that the same request made before
   * @throws ProblemError `queue_full`, `tenant_queue_full`, `idempotency_conflict`, `caption_gone`: nothing was
   *   written; `redis_unavailable`: the caption may or may not exist
   */
  create(caption: NewCaption): Promise<StoredCaption>;
  /** Creates a caption that is finished from the start; for the rest like `create`. It needs no room. */
  createFinished(caption: FinishedCaption): Promise<StoredCaption>;
  /**
   * The caption that the same request made before, if any.
   *
   * @throws ProblemError `idempotency_conflict`, `caption_gone`, `redis_unavailable`
   */
  findRepeated(request: Idempotency): Promise<StoredCaption | undefined>;
  /**
   * A cheap look, before a picture is received and decoded for nothing; `create` is what decides.
   *
   * @param repeatable a request that may have been accepted before, which then needs no room
   * @throws ProblemError `queue_full`, `redis_unavailable`
   */
  checkRoom(repeatable?: Omit<Idempotency, 'requestHash'>): Promise<void>;
}

export function createCaptionAdmission(
  context: StoreContext,
  options: AdmissionOptions,
): CaptionAdmission {
  const { redis, queues, keys } = context;
  const limits = createLimits(options.limits);

  const bindingKey = ({ tenant, key }: { tenant: string; key: string }) =>
    keys.idempotency(tenant, createHash('sha256').update(key).digest('hex'));

  function run(script: Script, captionId: string, caption: CaptionChoices, args: ScriptArgument[]) {
    const { tenant, idempotency } = caption;
    const binding = idempotency ? [bindingKey({ tenant, key: idempotency.key })] : [];
    const requestHash = idempotency?.requestHash ?? '';
    return runScript(redis, script, {
      keys: [...scriptKeys(keys, captionId), ...binding],
      args: [keys.hint(captionId), captionId, requestHash, ...args],
    });
  }

  /** The caption that a script's answer is about: the new one or the one from before. */
  async function answered(captionId: string, reply: ScriptReply): Promise<StoredCaption> {
    const kind = reply.text(0);
    if (kind === 'conflict') throw conflict();
    if (kind === 'full') throw queueFull(reply.text(1) as FullPart);
    return readBound(kind === 'repeated' ? reply.text(1) : captionId);
  }

  async function readBound(captionId: string): Promise<StoredCaption> {
    const record = await readCaption(context, captionId);
    if (record !== undefined) return record;
    const detail = `This request made the caption ${captionId}, which was deleted since.`;
    throw new ProblemError('caption_gone', detail);
  }

  async function admit(caption: NewCaption): Promise<StoredCaption> {
    const captionId = createCaptionId();
    const { priority = 'interactive' } = caption;
    const reply = await run(CREATE, captionId, caption, [
      caption.expiresInSeconds ?? '',
      caption.tenant,
      priority,
      ...[limits.all, limits.bulk, limits.tenant],
      toBuffer(caption.pixels),
      ...recordFields(caption, options),
    ]);
    const [record] = await Promise.all([
      answered(captionId, reply),
      reply.text(0) === 'created'
        ? queues.add({ stage: 'encode', captionId, dispatch: 1, priority })
        : undefined,
    ]);
    return record;
  }

  async function admitFinished(caption: FinishedCaption): Promise<StoredCaption> {
    const captionId = createCaptionId();
    const { output, model } = caption;
    const fields = [
      ...recordFields(caption, options),
      ...['output', JSON.stringify(output), 'model', JSON.stringify(model)],
    ];
    const words = output.words.map((word, index) => JSON.stringify({ index, ...word }));
    const { tenant, priority = 'interactive' } = caption;
    const args = [tenant, priority, fields.length, ...fields, ...words];
    return answered(captionId, await run(CREATE_FINISHED, captionId, caption, args));
  }

  return {
    create: (caption) => withinDeadline(redis, () => admit(caption)),

    createFinished: (caption) => withinDeadline(redis, () => admitFinished(caption)),

    findRepeated: (request) =>
      withinDeadline(redis, async () => {
        const bound = await redis.get(bindingKey(request));
        if (bound === null) return undefined;
        const [requestHash, captionId = ''] = bound.split(' ');
        if (requestHash !== request.requestHash) throw conflict();
        return readBound(captionId);
      }),

    checkRoom: (repeatable) =>
      withinDeadline(redis, async () => {
        const inWork = await redis.zcard(keys.active);
        if (inWork < limits.all) return;
        if (repeatable && (await redis.exists(bindingKey(repeatable))) === 1) return;
        throw queueFull('all');
      }),
  };
}

/** Field, value, field, value … of what the record has from the start; what isn't there is left out. */
function recordFields(
  caption: CaptionChoices & { input: CaptionInput },
  { retentionSeconds }: AdmissionOptions,
): ScriptArgument[] {
  const { input, options, metadata, webhook, webhookEvents } = caption;
  return Object.entries({
    input: JSON.stringify(input),
    options: JSON.stringify(options),
    retention_seconds: retentionSeconds,
    metadata: metadata && JSON.stringify(metadata),
    webhook,
    webhook_events_filter: webhookEvents && JSON.stringify(webhookEvents),
  }).flatMap(([name, value]) => (value === undefined ? [] : [name, value]));
}

const conflict = () =>
  new ProblemError(
    'idempotency_conflict',
    'This Idempotency-Key was used for another picture or other options in the last 24 hours.',
  );
