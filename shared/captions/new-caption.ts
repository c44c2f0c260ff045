// What a new caption is, and the script calls that write its record: waiting for work, or ended from the start.
import { createHash } from 'node:crypto';
import type {
  CaptionError,
  CaptionInput,
  CaptionOptions,
  CaptionOutput,
  CaptionRecord,
  Metadata,
  Priority,
} from '@caption-queue/contract/caption';
import type { WebhookEventType } from '@caption-queue/contract/webhooks';
import { toBuffer } from '@caption-queue/redis/bytes';
import { bytes, fields, integer, json, oneOf, optional, text } from '@caption-queue/redis/codecs';
import type { Keys } from '@caption-queue/redis/keys';
import {
  defineScript,
  prepareScript,
  type ReplyOf,
  type ScriptCall,
} from '@caption-queue/redis/script';
import { captionKeys, priority, scriptKeys } from './context.ts';
import { type FullPart, fullPart } from './limits.ts';
import admission from './lua/create/admission.lua';
import createLua from './lua/create/create.lua';
import createEndedLua from './lua/create/create-ended.lua';
import prelude from './lua/prelude.lua';

export interface Idempotency {
  /** The header `Idempotency-Key`. */
  key: string;
  /** Of all that makes the request what it is: under the same key, another one is refused. */
  requestHash: string;
}

/** What a caption, or a batch of them, has from the start. */
export interface CaptionChoices {
  tenant: string;
  options: CaptionOptions;
  /** Default `interactive`. */
  priority?: Priority | undefined;
  metadata?: Metadata | undefined;
  /** Notified of its end, if `webhookEvents` (default: all) has the event. */
  webhook?: string | undefined;
  webhookEvents?: readonly WebhookEventType[] | undefined;
  /** A caption that has not ended by then becomes `expired`. Default: it may take as long as it takes. */
  expiresInSeconds?: number | undefined;
  idempotency?: Idempotency | undefined;
}

/** A picture, or where it is. */
export type Picture =
  | {
      input: CaptionInput;
      /** 299 × 299 RGB. */
      pixels: Uint8Array;
    }
  | { url: string };

/** How a caption that needs no work has ended. */
export type Ending =
  | {
      input: CaptionInput;
      output: CaptionOutput;
      model: NonNullable<CaptionRecord['model']>;
    }
  | { error: CaptionError };

/** What the scripts share that admit captions or a batch of them. */
export const admissionScript = {
  include: [prelude, admission],
  keys: [...captionKeys, 'binding', 'batch'] as const,
  args: {
    /** Of the caption, or of the batch. */
    id: text,
    tenant: text,
    priority,
    requestHash: optional(text),
    /** Of the record; what every record has is added. */
    fields,
  },
  replies: { created: {}, repeated: { id: text }, conflict: {} },
};

export const CREATE = defineScript({
  name: 'create',
  lua: createLua,
  include: admissionScript.include,
  keys: admissionScript.keys,
  args: {
    ...admissionScript.args,
    /** Most captions in work. */
    limits: json<Record<FullPart, number>>(),
    expiresInSeconds: optional(integer),
    stage: oneOf('fetching', 'encode'),
    /** Of one that belongs to no batch. */
    pixels: optional(bytes),
  },
  replies: {
    ...admissionScript.replies,
    full: { part: fullPart },
    /** There is no such batch. */
    skipped: {},
  },
});

export const CREATE_ENDED = defineScript({
  name: 'create-ended',
  lua: createEndedLua,
  include: admissionScript.include,
  keys: admissionScript.keys,
  args: {
    ...admissionScript.args,
    status: oneOf('succeeded', 'failed'),
    /** Data (JSON) of the events. */
    words: json<string[]>(),
  },
  replies: { ...admissionScript.replies, skipped: {} },
});

interface NewCaptionOptions {
  keys: Keys;
  captionId: string;
  caption: CaptionChoices;
  retentionSeconds: number;
  /** It belongs to this batch, which had its room and its Idempotency-Key looked at; its pixels are stored already. */
  batchId?: string;
}

/** A caption that waits for work. */
export function prepareWaiting(
  options: NewCaptionOptions & { picture: Picture; limits: Record<FullPart, number> },
): ScriptCall<ReplyOf<typeof CREATE>> {
  const { caption, picture, limits, batchId } = options;
  const isFetched = 'pixels' in picture;
  return prepareScript(CREATE, {
    keys: creationKeys(options),
    args: {
      ...creationArgs(options, {
        input: isFetched ? JSON.stringify(picture.input) : undefined,
        url: isFetched ? undefined : picture.url,
      }),
      limits,
      expiresInSeconds: caption.expiresInSeconds,
      stage: isFetched ? 'encode' : 'fetching',
      pixels: isFetched && batchId === undefined ? toBuffer(picture.pixels) : undefined,
    },
  });
}

/** A caption that has ended already, with its words, if any, as events. */
export function prepareEnded(
  options: NewCaptionOptions & { ending: Ending },
): ScriptCall<ReplyOf<typeof CREATE_ENDED>> {
  const { ending } = options;
  const succeeded = 'output' in ending;
  const words = succeeded ? ending.output.words : [];
  const more = succeeded
    ? {
        input: JSON.stringify(ending.input),
        output: JSON.stringify(ending.output),
        model: JSON.stringify(ending.model),
      }
    : { error: JSON.stringify(ending.error) };
  return prepareScript(CREATE_ENDED, {
    keys: creationKeys(options),
    args: {
      ...creationArgs(options, more),
      status: succeeded ? 'succeeded' : 'failed',
      words: words.map((word, index) => JSON.stringify({ index, ...word })),
    },
  });
}

/** Where an Idempotency-Key is bound. */
export function bindingKey(keys: Keys, tenant: string, key: string): string {
  return keys.idempotency(tenant, createHash('sha256').update(key).digest('hex'));
}

function creationKeys({ keys, captionId, caption, batchId }: NewCaptionOptions) {
  const { tenant, idempotency } = caption;
  return {
    ...scriptKeys(keys, captionId),
    binding: idempotency && bindingKey(keys, tenant, idempotency.key),
    batch: batchId && keys.batch(batchId),
  };
}

function creationArgs(
  { keys, captionId, caption, retentionSeconds, batchId }: NewCaptionOptions,
  more: Record<string, string | undefined>,
) {
  return {
    id: captionId,
    tenant: caption.tenant,
    priority: caption.priority ?? 'interactive',
    requestHash: caption.idempotency?.requestHash,
    fields: {
      options: JSON.stringify(caption.options),
      retention_seconds: retentionSeconds,
      ...choiceFields(caption),
      batch_id: batchId,
      batch_key: batchId && keys.batch(batchId),
      ...more,
    },
  };
}

/** Of what the client said, the same for a caption and a batch. */
export function choiceFields({ metadata, webhook, webhookEvents }: CaptionChoices) {
  return {
    metadata: metadata && JSON.stringify(metadata),
    webhook,
    webhook_events_filter: webhookEvents && JSON.stringify(webhookEvents),
  };
}
