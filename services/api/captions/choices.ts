// What a client says of a caption besides its picture: from JSON, a form, the query or headers to one checked object.
import type { CaptionChoices as StoredChoices } from '@caption-queue/captions/new-caption';
import {
  CaptionChoices,
  CaptionOptions,
  MAX_METADATA_BYTES,
  Metadata,
  type Priority,
} from '@caption-queue/contract/caption';
import { pictureKinds } from '@caption-queue/contract/kind';
import { webhookEventTypes } from '@caption-queue/contract/webhooks';
import { parseJson } from '@caption-queue/runtime/json';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { validationError } from '../http/validator.ts';
import type { OutboundClient } from '../outbound/client.ts';
import { parseWait } from './wait.ts';

const kindName = `(?:${pictureKinds.join('|')})`;
const eventName = `(?:${webhookEventTypes.map((name) => name.replace('.', '\\.')).join('|')})`;

/** As form fields and query parameters, where everything is text. */
export const ChoicesAsText = Type.Object(
  {
    ...CaptionChoices.properties,
    metadata: Type.Optional(
      Type.String({
        contentMediaType: 'application/json',
        format: 'json-object',
        description: `A JSON object of the client’s own, at most ${MAX_METADATA_BYTES} bytes; comes back with the caption.`,
      }),
    ),
    kinds: Type.Optional(
      Type.String({
        'x-list': true,
        pattern: `^${kindName}(?:,${kindName})*$`,
        description: `Kinds of picture that get a caption as \`alt_text\`, with commas: ${pictureKinds.join(', ')}. Default: photo.`,
      }),
    ),
    webhook_events_filter: Type.Optional(
      Type.String({
        'x-list': true,
        pattern: `^${eventName}(?:,${eventName})*$`,
        description: 'Which ends `webhook` is told of, with commas. Default: all.',
      }),
    ),
  },
  { additionalProperties: false, 'x-form': true },
);
export type ChoicesAsText = Type.Static<typeof ChoicesAsText>;

/** Decodes what is text, and checks what schemas can't say. @throws a validation error */
export function decodeChoices(text: ChoicesAsText): CaptionChoices {
  const { metadata, kinds, webhook_events_filter: filter, ...rest } = text;
  return {
    ...rest,
    ...(metadata === undefined ? {} : { metadata: parseMetadata(metadata) }),
    ...(kinds === undefined ? {} : { kinds: namesIn(kinds, pictureKinds) }),
    ...(filter === undefined ? {} : { webhook_events_filter: namesIn(filter, webhookEventTypes) }),
  };
}

/** Those that a list with commas names, each once, in the order of `all`. */
function namesIn<Name extends string>(list: string, all: readonly Name[]): Name[] {
  const named = list.split(',');
  return all.filter((name) => named.includes(name));
}

function parseMetadata(text: string): Metadata {
  const metadata = parseJson(Metadata, text);
  if (metadata === undefined) throw validationError('/metadata', 'must be a JSON object');
  return metadata;
}

/** The request headers that say how a picture is to be taken in. */
export const IntakeHeaders = Type.Object({
  'idempotency-key': Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]{1,255}$',
      description:
        'Makes the request safe to repeat for 24 hours: the same key and body give the same answer’s caption, another body is refused.',
    }),
  ),
  'cache-control': Type.Optional(
    Type.String({ description: '`no-cache` does the work again where the caption is known.' }),
  ),
  prefer: Type.Optional(
    Type.String({ description: '`wait=N` waits up to N seconds for the end, at most 60.' }),
  ),
});
export type IntakeHeaders = Type.Static<typeof IntakeHeaders>;

/** @returns `fresh`: the client wants no answer from a cache; `waitSeconds`: 0 to 60 */
export function readIntakeHeaders(headers: IntakeHeaders): {
  idempotencyKey: string | undefined;
  fresh: boolean;
  waitSeconds: number;
} {
  return {
    idempotencyKey: headers['idempotency-key'],
    fresh: /(?:^|[,\s])no-cache(?:$|[,\s])/i.test(headers['cache-control'] ?? ''),
    waitSeconds: parseWait(headers.prefer),
  };
}

export type PreparedChoices = StoredChoices & {
  priority: Priority;
  expiresInSeconds: number | undefined;
};

/**
 * Fills in defaults, and checks sizes and addresses.
 *
 * @param defaultPriority of those who say none
 * @throws a validation error; DomainError `url_refused`
 */
export function prepareChoices({
  tenant,
  choices,
  defaultPriority,
  outbound,
}: {
  tenant: string;
  choices: CaptionChoices;
  defaultPriority: Priority;
  outbound: Pick<OutboundClient, 'checkUrl'>;
}): PreparedChoices {
  const { priority = defaultPriority, expires_in, metadata, webhook } = choices;
  if (Buffer.byteLength(JSON.stringify(metadata ?? {})) > MAX_METADATA_BYTES) {
    throw validationError('/metadata', `must not be larger than ${MAX_METADATA_BYTES} bytes`);
  }
  if (webhook !== undefined) outbound.checkUrl(webhook);
  const names = Object.keys(CaptionOptions.properties);
  const given = Object.entries(choices).filter(([name]) => names.includes(name));
  const options = Value.Default(CaptionOptions, Object.fromEntries(given)) as CaptionOptions;
  const { kinds } = options;
  return {
    tenant,
    // In one order, whoever asks: a finished caption is found again by its options.
    options: kinds ? { ...options, kinds: pictureKinds.filter((k) => kinds.includes(k)) } : options,
    priority,
    metadata,
    webhook,
    webhookEvents: choices.webhook_events_filter,
    expiresInSeconds: expires_in,
  };
}
