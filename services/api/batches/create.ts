// POST /v1/batches: up to a hundred pictures or URLs at once, each a caption of its own.

import type { BatchItem } from '@caption-queue/captions/batch';
import { Batch, BatchByJson, MAX_BATCH_ITEMS } from '@caption-queue/contract/batch';
import type { CaptionChoices } from '@caption-queue/contract/caption';
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import {
  ChoicesAsText,
  decodeChoices,
  IntakeHeaders,
  type PreparedChoices,
  prepareChoices,
  readIntakeHeaders,
} from '../captions/choices.ts';
import { type CaptionIntake, hashRequest } from '../captions/intake.ts';
import { toBatch } from '../captions/resource.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { problemResponses } from '../http/openapi.ts';
import { decodeInlinePicture, isDataUrl, jsonWithPictures } from '../uploads/inline-picture.ts';
import { pictureTooLarge, readPicturesForm, receiveUploads } from '../uploads/receive.ts';
import { toCaptionError } from './fetch-pictures.ts';

/** Of the largest pictures, a form may have as many bytes as this many. */
const LARGEST_PICTURES = 5;
/** Forms being received at a time, if all are of the largest size. */
const LARGEST_FORMS_AT_ONCE = 2;
/** Of the largest pictures, JSON may have as many bytes as this many: it is held several times over. */
const LARGEST_PICTURES_IN_JSON = 2;
/** A hundred URLs of two thousand characters, and what is said of them. */
const JSON_STRUCTURE_BYTES = 256 * 1024;
const RETRY_AFTER_SECONDS = 2;

const BatchForm = Type.Object(
  {
    images: Type.Array(Type.Unsafe<Buffer>({ contentMediaType: 'application/octet-stream' }), {
      minItems: 1,
      maxItems: MAX_BATCH_ITEMS,
      description: 'Pictures, each as a file in a field of this name.',
    }),
    ...ChoicesAsText.properties,
  },
  { additionalProperties: false },
);
type BatchForm = Type.Static<typeof BatchForm>;

const BatchHeaders = Type.Omit(IntakeHeaders, ['prefer']);

/** What the content type parsers make of a body. */
type CreateBatchBody = BatchForm | BatchByJson;
const isForm = (body: CreateBatchBody): body is BatchForm => Buffer.isBuffer(body.images?.[0]);

const schema = {
  tags: ['captions'],
  operationId: 'createBatch',
  summary: 'Caption many pictures',
  description:
    'Send up to 100 pictures as form fields `images`, or JSON with the `images` as base64 or their `image_urls`, which are fetched afterwards. Options are those of a single caption and hold for all; `priority` is `bulk` unless said. What is no picture, or can’t be fetched, fails alone. A webhook is told of each caption and of the batch, unless filtered.',
  consumes: ['multipart/form-data', 'application/json'],
  headers: BatchHeaders,
  querystring: ChoicesAsText,
  body: {
    content: {
      'multipart/form-data': { schema: BatchForm },
      'application/json': { schema: BatchByJson },
    },
  },
  response: {
    202: {
      description: 'Accepted: each of its captions will reach a terminal state.',
      headers: {
        Location: { type: 'string', description: 'Where to poll.' },
        'Retry-After': { type: 'integer', description: 'Seconds after which to poll.' },
      },
      content: { 'application/json': { schema: Batch } },
    },
    ...problemResponses(
      'bad_request',
      'validation_failed',
      'malformed_multipart',
      'foreign_host',
      'foreign_origin',
      'request_timeout',
      'caption_gone',
      'payload_too_large',
      'unsupported_media_type',
      'url_refused',
      'idempotency_conflict',
      'tenant_queue_full',
      'queue_full',
      'redis_unavailable',
      'imaging_unavailable',
    ),
  },
};

/** Call in a scope of its own: the content types are this route's alone. */
export function createBatchRoute(
  app: FastifyInstance,
  dependencies: ApiDependencies & { intake: CaptionIntake },
): void {
  const { settings, store, outbound, intake } = dependencies;
  const maxBytes = settings.MAX_UPLOAD_BYTES;
  const budget = receiveUploads(app, {
    picturesBytes: LARGEST_PICTURES * maxBytes,
    largestAtOnce: LARGEST_FORMS_AT_ONCE,
    maxParts: 2 * MAX_BATCH_ITEMS,
    pictureField: 'images',
    readForm: readPicturesForm,
    // Pictures that it names are fetched afterwards, a few at a time.
    json: jsonWithPictures(LARGEST_PICTURES_IN_JSON * maxBytes, JSON_STRUCTURE_BYTES),
  });

  app.post<{ Querystring: ChoicesAsText; Headers: IntakeHeaders; Body: CreateBatchBody }>(
    '/v1/batches',
    {
      config: { scope: 'captions:write' },
      schema,
      onRequest: [budget.reserve, intake.checkRoom],
    },
    async (request, reply) => {
      const { pictures, choices } = readBody(request.body);
      const { fresh, idempotencyKey: key } = readIntakeHeaders(request.headers);
      const prepared = prepareChoices({
        tenant: request.access.tenant,
        choices: { ...decodeChoices(request.query), ...choices },
        defaultPriority: 'bulk',
        outbound,
      });
      const items = await Promise.all(
        pictures.map((picture) => toItem({ picture, choices: prepared, fresh })),
      );
      const idempotency =
        key === undefined
          ? undefined
          : { key, requestHash: hashRequest({ picture: items.map(identify), choices: prepared }) };
      const record = await store.createBatch({ ...prepared, items, idempotency });
      const batch = toBatch(record, { publicUrl: settings.PUBLIC_URL });
      reply.headers({ location: batch.urls.self, 'cache-control': 'no-store' });
      return reply.code(202).header('retry-after', RETRY_AFTER_SECONDS).send(batch);
    },
  );

  /** @throws DomainError only for trouble of our own: what is wrong with a picture becomes its caption's error */
  async function toItem(options: {
    picture: NamedPicture;
    choices: PreparedChoices;
    fresh: boolean;
  }): Promise<BatchItem> {
    const { picture, ...request } = options;
    try {
      if ('url' in picture) return { url: outbound.checkUrl(picture.url).href };
      const bytes =
        'base64' in picture ? decodeInlinePicture(picture.base64, maxBytes) : picture.bytes;
      if (bytes.length > maxBytes) throw pictureTooLarge(maxBytes);
      return await intake.inspect(bytes, request);
    } catch (error) {
      if (!(error instanceof DomainError) || error.code === 'imaging_unavailable') throw error;
      return { error: toCaptionError(error) };
    }
  }
}

/** As the body has it; a `data:` URL counts as base64. */
type NamedPicture = { bytes: Buffer } | { base64: string } | { url: string };

/** What an item is to the Idempotency-Key: its pixels, its address, or what is wrong with it. */
function identify(item: BatchItem): string {
  if ('url' in item) return item.url;
  return 'input' in item ? item.input.sha256 : item.error.code;
}

function readBody(body: CreateBatchBody): { pictures: NamedPicture[]; choices: CaptionChoices } {
  if (typeof body !== 'object' || body === null) {
    throw new DomainError(
      'unsupported_media_type',
      'The request has no body; send pictures as form fields "images", or JSON with "images" or "image_urls".',
    );
  }
  if (isForm(body)) {
    const { images, ...text } = body;
    return { pictures: images.map((bytes) => ({ bytes })), choices: decodeChoices(text) };
  }
  const { images = [], image_urls: urls = [], ...choices } = body;
  const pictures = [
    ...images.map((base64) => ({ base64 })),
    ...urls.map((url) => (isDataUrl(url) ? { base64: url } : { url })),
  ];
  return { pictures, choices };
}
