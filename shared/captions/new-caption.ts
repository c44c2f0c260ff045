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
import type { Keys } from '@caption-queue/redis/keys';
import type { ScriptArgument, ScriptCall } from '@caption-queue/redis/script';
import { scriptKeys } from './context.ts';
import type { FullPart } from './limits.ts';
import { CREATE, CREATE_ENDED } from './scripts/admission.ts';

export interface Idempotency {
  /** The header `Idempotency-Key`. */
  key: string;
  /** Of all that makes the request what it is: under the same key, another one is refused. */
  requestHash: string;
}

/** What a caption, or a batch of them, has from its birth. */
export interface CaptionChoices {
  tenant: string;
  options: CaptionOptions;
  /** Default `interactive`. */
  priority?: Priority | undefined;
  metadata?: Metadata | undefined;
  /** Told of its end, if `webhookEvents` (default: all) has the event. */
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

interface BirthOptions {
  keys: Keys;
  captionId: string;
  caption: CaptionChoices;
  retentionSeconds: number;
  /** It belongs to this batch, which had its room and its Idempotency-Key looked at; its pixels are stored already. */
  batchId?: string;
}

/** A caption that waits for work. */
export function waitingBirth(
  options: BirthOptions & { picture: Picture; limits: Record<FullPart, number> },
): ScriptCall {
  const { caption, picture, limits, batchId } = options;
  const isFetched = 'pixels' in picture;
  return birth(CREATE, options, [
    caption.expiresInSeconds ?? '',
    caption.tenant,
    caption.priority ?? 'interactive',
    ...[limits.all, limits.bulk, limits.tenant],
    isFetched ? 'encode' : 'fetching',
    isFetched && batchId === undefined ? toBuffer(picture.pixels) : '',
    ...fields(isFetched ? { input: JSON.stringify(picture.input) } : { url: picture.url }),
    ...recordFields(options),
  ]);
}

/** A caption that has ended already, with its words, if any, as events. */
export function endedBirth(options: BirthOptions & { ending: Ending }): ScriptCall {
  const { caption, ending } = options;
  const ended = 'output' in ending;
  const more = ended
    ? {
        input: JSON.stringify(ending.input),
        output: JSON.stringify(ending.output),
        model: JSON.stringify(ending.model),
      }
    : { error: JSON.stringify(ending.error) };
  const pairs = [...recordFields(options), ...fields(more)];
  const words = ended ? ending.output.words : [];
  return birth(CREATE_ENDED, options, [
    caption.tenant,
    caption.priority ?? 'interactive',
    ended ? 'succeeded' : 'failed',
    pairs.length,
    ...pairs,
    ...words.map((word, index) => JSON.stringify({ index, ...word })),
  ]);
}

/** Where an Idempotency-Key is bound; without one, a place that is never looked at. */
export function bindingKey(keys: Keys, request: { tenant: string; key?: string | undefined }) {
  const { tenant, key = '' } = request;
  return keys.idempotency(tenant, createHash('sha256').update(key).digest('hex'));
}

function birth(
  script: ScriptCall['script'],
  { keys, captionId, caption, batchId }: BirthOptions,
  args: ScriptArgument[],
): ScriptCall {
  const { tenant, idempotency } = caption;
  return {
    script,
    keys: [
      ...scriptKeys(keys, captionId),
      bindingKey(keys, { tenant, key: idempotency?.key }),
      ...(batchId === undefined ? [] : [keys.batch(batchId)]),
    ],
    args: [keys.hint(captionId), captionId, idempotency?.requestHash ?? '', ...args],
  };
}

/** Of what every record has from the start. */
function recordFields({ keys, caption, retentionSeconds, batchId }: BirthOptions) {
  return fields({
    options: JSON.stringify(caption.options),
    retention_seconds: retentionSeconds,
    ...choiceFields(caption),
    batch_id: batchId,
    batch_key: batchId && keys.batch(batchId),
  });
}

/** Of what the client said, the same for a caption and a batch. */
export function choiceFields({ metadata, webhook, webhookEvents }: CaptionChoices) {
  return {
    metadata: metadata && JSON.stringify(metadata),
    webhook,
    webhook_events_filter: webhookEvents && JSON.stringify(webhookEvents),
  };
}

/** Field, value, field, value …; what isn't there is left out. */
export function fields(values: Record<string, ScriptArgument | undefined>): ScriptArgument[] {
  return Object.entries(values).flatMap(([name, value]) =>
    value === undefined ? [] : [name, value],
  );
}
