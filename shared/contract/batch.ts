// The batch: up to a hundred pictures in one request, each a caption of its own.
import Type from 'typebox';
import { Caption, CaptionChoices, Metadata } from './caption.ts';

export const MAX_BATCH_ITEMS = 100;

/** `batch_` followed by a UUIDv7. */
export const BatchId = Type.String({
  pattern: '^batch_[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$',
  description: 'Id of a batch.',
});

const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);
const timestamp = (description: string) => Type.String({ format: 'date-time', description });
const count = (description: string) => Type.Integer({ minimum: 0, description });

export const Batch = Type.Object({
  id: BatchId,
  status: Type.Enum(['in_progress', 'completed'], {
    description: '`completed`: every caption of it has ended, one way or another.',
  }),
  created_at: timestamp('When it was accepted.'),
  completed_at: nullable(timestamp('When its last caption ended.')),
  purge_at: nullable(timestamp('When it is deleted by retention.')),
  counts: Type.Object({
    total: count('Captions in it.'),
    in_work: count('Those that have not ended.'),
    succeeded: count('Captioned.'),
    failed: count('No picture, not to be fetched, or given up.'),
    canceled: count('Canceled or deleted.'),
    expired: count('Not ended in time.'),
  }),
  metadata: nullable(Metadata),
  urls: Type.Object({ self: Type.String(), results: Type.String() }),
});
export type Batch = Type.Static<typeof Batch>;

/** A line of a batch's results. */
export const BatchResult = Type.Object({
  index: Type.Integer({ minimum: 0, description: 'Which of the pictures, from 0.' }),
  ...Caption.properties,
});
export type BatchResult = Type.Static<typeof BatchResult>;

const pictures = (items: Type.TString, description: string) =>
  Type.Optional(Type.Array(items, { minItems: 1, maxItems: MAX_BATCH_ITEMS, description }));

export const BatchByJson = Type.Object(
  {
    image_urls: pictures(
      Type.String({ format: 'http-url' }),
      'Where the pictures are; https, public addresses. Or `data:` URLs.',
    ),
    images: pictures(
      Type.String({ format: 'picture-base64' }),
      'The pictures themselves, as base64 or as `data:` URLs.',
    ),
    ...CaptionChoices.properties,
  },
  {
    additionalProperties: false,
    oneOf: [{ required: ['image_urls'] }, { required: ['images'] }],
  },
);
export type BatchByJson = Type.Static<typeof BatchByJson>;
