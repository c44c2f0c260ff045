// The caption: the resource clients create, poll and stream. One schema is validation, type and documentation.
import Type from 'typebox';
import { PictureKind } from './kind.ts';
import { WebhookEventType } from './webhooks.ts';

/** `cap_` followed by a UUIDv7, so ids sort by creation time. */
export const CaptionId = Type.String({
  pattern: '^cap_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  description: 'Id of a caption.',
});

export const CaptionStatus = Type.Enum(
  ['queued', 'encoding', 'decoding', 'succeeded', 'failed', 'canceled', 'expired'],
  { description: 'The last four are terminal.' },
);
export type CaptionStatus = Type.Static<typeof CaptionStatus>;

export const terminalStatuses = ['succeeded', 'failed', 'canceled', 'expired'] as const;
export type TerminalStatus = (typeof terminalStatuses)[number];

export function isTerminal(status: CaptionStatus): status is TerminalStatus {
  return (terminalStatuses as readonly string[]).includes(status);
}

/** The stages of the pipeline; each has a queue of its own (jobs.ts). Only URLs of a batch are fetched. */
export const Stage = Type.Enum(['fetching', 'encode', 'decode']);
export type Stage = Type.Static<typeof Stage>;

/** Those that workers with a model do. */
export const WorkerStage = Type.Enum(['encode', 'decode']);
export type WorkerStage = Type.Static<typeof WorkerStage>;

export const Priority = Type.Enum(['interactive', 'bulk'], {
  description: '`bulk` is done while nothing interactive waits, however long that takes.',
});
export type Priority = Type.Static<typeof Priority>;

/** What a client may ask of the generation. */
export const CaptionOptions = Type.Object(
  {
    beam_width: Type.Integer({
      minimum: 1,
      maximum: 10,
      default: 3,
      description:
        'Hypotheses kept in the beam; 1 is greedy. More is slower and not always better.',
    }),
    max_length: Type.Integer({
      minimum: 1,
      maximum: 50,
      default: 20,
      description: 'Most words in a caption.',
    }),
    alternatives: Type.Integer({
      minimum: 1,
      maximum: 10,
      default: 3,
      description: 'How many captions to answer, best first; at most `beam_width` are found.',
    }),
    min_confidence: Type.Optional(
      Type.Number({
        minimum: 0,
        maximum: 1,
        description:
          'From which chance of being right on something is fit to be the `alt_text`. Default: the model’s.',
      }),
    ),
    kinds: Type.Optional(
      Type.Array(PictureKind, {
        minItems: 1,
        uniqueItems: true,
        description:
          'Kinds of picture that get a caption as `alt_text`. Default: photos only, since of others captions are hardly ever right.',
      }),
    ),
  },
  { additionalProperties: false },
);
export type CaptionOptions = Type.Static<typeof CaptionOptions>;

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const timestamp = (description: string) => Type.String({ format: 'date-time', description });
const confidence = nullable(
  Type.Number({
    minimum: 0,
    maximum: 1,
    description:
      'Calibrated chance that the caption is right; null when the model is uncalibrated.',
  }),
);

export const CaptionInput = Type.Object({
  sha256: Type.String({ description: 'Of the normalised pixels, hexadecimal.' }),
  media_type: Type.String({
    description:
      'What the bytes were: `image/jpeg`, `image/png`, `image/webp`, `image/gif`, `image/avif`, `image/heic`, `image/tiff` or `image/bmp`.',
  }),
  width: Type.Integer({ description: 'Pixels, after orientation.' }),
  height: Type.Integer({ description: 'Pixels, after orientation.' }),
});
export type CaptionInput = Type.Static<typeof CaptionInput>;

export const CaptionOutput = Type.Object({
  caption: Type.String(),
  confidence,
  alt_text: nullable(
    Type.String({
      description:
        'What to publish: the caption or a name for what is seen, whichever is likelier to be right; null when neither reaches `min_confidence`, and for pictures of another kind than `kinds`.',
    }),
  ),
  kind: nullable(PictureKind),
  kind_confidence: nullable(
    Type.Number({ minimum: 0, maximum: 1, description: 'That it is of this kind.' }),
  ),
  tags: Type.Array(
    Type.Object({
      name: Type.String(),
      confidence: Type.Number({ minimum: 0, maximum: 1, description: 'Softmax probability.' }),
    }),
  ),
  alternatives: Type.Array(
    Type.Object({
      caption: Type.String(),
      confidence,
      log_prob: Type.Number({ description: 'Of the whole sequence, end token included.' }),
    }),
    { description: 'Best first; the first is `caption`.' },
  ),
  words: Type.Array(Type.Object({ text: Type.String(), log_prob: Type.Number() })),
});
export type CaptionOutput = Type.Static<typeof CaptionOutput>;

export const CaptionError = Type.Object({
  code: Type.String({ description: 'Stable, snake_case.' }),
  detail: Type.String(),
});
export type CaptionError = Type.Static<typeof CaptionError>;

export const CaptionMetrics = Type.Object({
  queue_ms: nullable(Type.Number({ description: 'Waiting, both queues together.' })),
  encode_ms: nullable(Type.Number()),
  decode_ms: nullable(Type.Number()),
  total_ms: nullable(Type.Number({ description: 'From acceptance to the terminal state.' })),
  feature_cache: nullable(Type.Enum(['hit', 'miss'])),
});
export type CaptionMetrics = Type.Static<typeof CaptionMetrics>;

/** A caption that takes longer than this is of no use to anyone. */
const MAX_EXPIRES_IN_SECONDS = 7 * 24 * 3600;
/** Of `metadata`, as JSON in UTF-8. */
export const MAX_METADATA_BYTES = 2_048;

export const Metadata = Type.Record(Type.String(), Type.Unknown(), {
  description: 'A JSON object of the client’s own, at most 2 kB; comes back with the caption.',
});
export type Metadata = Type.Static<typeof Metadata>;

/** What may be said of a caption when it is asked for. */
export const CaptionChoices = Type.Partial(
  Type.Object({
    ...CaptionOptions.properties,
    priority: Priority,
    expires_in: Type.Integer({
      minimum: 1,
      maximum: MAX_EXPIRES_IN_SECONDS,
      description: 'Seconds within which it must have ended, else it becomes `expired`.',
    }),
    metadata: Metadata,
    webhook: Type.String({
      format: 'http-url',
      maxLength: 2_048,
      description: 'URL that is told of its end; https, a public address.',
    }),
    webhook_events_filter: Type.Array(WebhookEventType, {
      minItems: 1,
      uniqueItems: true,
      description: 'Which ends `webhook` is told of. Default: all.',
    }),
  }),
  { additionalProperties: false },
);
export type CaptionChoices = Type.Static<typeof CaptionChoices>;

/** The caption as every client sees it. `urls` is added by the API, the rest is the stored record. */
export const CaptionRecord = Type.Object({
  id: CaptionId,
  status: CaptionStatus,
  stage: nullable(Stage),
  created_at: timestamp('When it was accepted.'),
  started_at: nullable(timestamp('When a worker first took it.')),
  completed_at: nullable(timestamp('When it reached a terminal state.')),
  expires_at: nullable(timestamp('By when it must have ended, else it becomes `expired`.')),
  purge_at: nullable(timestamp('When the record is deleted by retention.')),
  input: nullable(CaptionInput),
  options: CaptionOptions,
  output: nullable(CaptionOutput),
  error: nullable(CaptionError),
  metrics: CaptionMetrics,
  queue: Type.Object({
    ahead: Type.Integer({
      minimum: 0,
      description: 'Estimate of captions to be done before this.',
    }),
  }),
  model: nullable(Type.Object({ name: Type.String(), version: Type.String() })),
  priority: Priority,
  metadata: nullable(Metadata),
  batch_id: nullable(Type.String({ description: 'Of the batch it belongs to.' })),
});
export type CaptionRecord = Type.Static<typeof CaptionRecord>;

export const Caption = Type.Object({
  ...CaptionRecord.properties,
  urls: Type.Object({ self: Type.String(), events: Type.String(), cancel: Type.String() }),
});
export type Caption = Type.Static<typeof Caption>;

export const CaptionPage = Type.Object({
  data: Type.Array(Caption, { description: 'Newest first.' }),
  next_cursor: nullable(
    Type.String({ description: '`cursor` of the next page; null when there is none.' }),
  ),
});
export type CaptionPage = Type.Static<typeof CaptionPage>;
