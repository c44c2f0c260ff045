// POST /v1/captions: receives or fetches a picture, normalises it in a child process, and queues it.

import type { StoredCaption } from '@caption-queue/captions/record';
import { Caption, CaptionChoices, isTerminal } from '@caption-queue/contract/caption';
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance, FastifyReply } from 'fastify';
import Type from 'typebox';
import type { ApiDependencies } from '../dependencies.ts';
import { createOpenAnswers } from '../http/connections.ts';
import { problemResponses } from '../http/openapi.ts';
import { decodeInlinePicture, isDataUrl, jsonWithPictures } from '../uploads/inline-picture.ts';
import { readPictureForm, receiveUploads } from '../uploads/receive.ts';
import {
  ChoicesAsText,
  decodeChoices,
  IntakeHeaders,
  prepareChoices,
  readIntakeHeaders,
} from './choices.ts';
import type { CaptionIntake } from './intake.ts';
import { toCaption } from './resource.ts';
import { MAX_WAIT_SECONDS, waitForEnd } from './wait.ts';

/** Uploads being received at a time, if all are of the largest size; smaller ones share the same memory. */
const LARGEST_UPLOADS_AT_ONCE = 24;
/** A URL of two thousand characters, or what is said of a picture beside it. */
const JSON_STRUCTURE_BYTES = 16 * 1024;
/** A caption takes about a tenth of a second when nothing waits. */
const RETRY_AFTER_SECONDS = 1;

const Picture = Type.Unsafe<Buffer>({
  contentMediaType: 'application/octet-stream',
  description:
    'JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF or BMP (of several frames or pages the first); the bytes decide, not the name or declared type.',
});

const CaptionForm = Type.Object(
  { image: Picture, ...ChoicesAsText.properties },
  { additionalProperties: false },
);
type CaptionForm = Type.Static<typeof CaptionForm>;

const CaptionByJson = Type.Object(
  {
    image: Type.Optional(
      Type.String({
        format: 'picture-base64',
        description: 'The picture itself, as base64 or as a `data:` URL of it.',
      }),
    ),
    image_url: Type.Optional(
      Type.String({
        format: 'http-url',
        description:
          'Where the picture is; https, a public address. It is fetched at once. Or a `data:` URL.',
      }),
    ),
    ...CaptionChoices.properties,
  },
  {
    additionalProperties: false,
    oneOf: [{ required: ['image'] }, { required: ['image_url'] }],
  },
);
type CaptionByJson = Type.Static<typeof CaptionByJson>;

/** What the content type parsers make of a body. */
type CreateBody = Buffer | CaptionForm | CaptionByJson;
const isForm = (body: CaptionForm | CaptionByJson): body is CaptionForm =>
  Buffer.isBuffer(body.image);

const captionAnswer = (description: string) => ({
  description,
  headers: {
    Location: { type: 'string', description: 'Where to poll.' },
    'Retry-After': { type: 'integer', description: 'Seconds after which to poll; with 202.' },
  },
  content: { 'application/json': { schema: Caption } },
});

const schema = {
  tags: ['captions'],
  operationId: 'createCaption',
  summary: 'Caption a picture',
  description: `Send the picture as the form field \`image\`, as the body itself, or as JSON with the \`image\` as base64 or its \`image_url\`. Options are form fields, JSON, or query parameters; those of the body win. Then poll the address in \`Location\`, follow its events, have a webhook told, or send \`Prefer: wait=N\` to get the finished caption within N seconds (at most ${MAX_WAIT_SECONDS}).`,
  consumes: ['multipart/form-data', 'image/*', 'application/octet-stream', 'application/json'],
  headers: IntakeHeaders,
  querystring: ChoicesAsText,
  body: {
    content: {
      'multipart/form-data': { schema: CaptionForm },
      'image/*': { schema: Picture },
      'application/octet-stream': { schema: Picture },
      'application/json': { schema: CaptionByJson },
    },
  },
  response: {
    200: captionAnswer(
      'It has ended: the same picture, options and model were captioned before, `Prefer: wait` saw it finish, or the same `Idempotency-Key` made it earlier.',
    ),
    202: captionAnswer('Accepted: it will reach a terminal state.'),
    ...problemResponses(
      'bad_request',
      'validation_failed',
      'malformed_multipart',
      'invalid_base64',
      'foreign_host',
      'foreign_origin',
      'request_timeout',
      'caption_gone',
      'payload_too_large',
      'image_too_large',
      'unsupported_media_type',
      'unsupported_image',
      'empty_upload',
      'damaged_image',
      'url_refused',
      'image_fetch_failed',
      'idempotency_conflict',
      'tenant_queue_full',
      'queue_full',
      'redis_unavailable',
      'imaging_unavailable',
    ),
  },
};

/** Call in a scope of its own: the content types are this route's alone. */
export function createCaptionRoute(
  app: FastifyInstance,
  dependencies: ApiDependencies & { intake: CaptionIntake },
): void {
  const { settings, store, streams, outbound, intake } = dependencies;
  const maxBytes = settings.MAX_UPLOAD_BYTES;
  const openAnswers = createOpenAnswers(app);
  const budget = receiveUploads(app, {
    picturesBytes: maxBytes,
    largestAtOnce: LARGEST_UPLOADS_AT_ONCE,
    pictureField: 'image',
    readForm: (form) => readPictureForm(form, maxBytes),
    pictureBytes: maxBytes,
    json: jsonWithPictures(maxBytes, JSON_STRUCTURE_BYTES),
  });

  app.post<{ Querystring: ChoicesAsText; Headers: IntakeHeaders; Body: CreateBody }>(
    '/v1/captions',
    {
      config: { scope: 'captions:write' },
      schema,
      // Before the body is read: what can't be accepted needn't be received.
      onRequest: [budget.reserve, intake.checkRoom],
    },
    async (request, reply) => {
      const signal = openAnswers.signalOf(reply);
      const { picture, choices } = readBody(request.body, maxBytes);
      const prepared = prepareChoices({
        tenant: request.access.tenant,
        choices: { ...decodeChoices(request.query), ...choices },
        defaultPriority: 'interactive',
        outbound,
      });
      const { waitSeconds, ...asked } = readIntakeHeaders(request.headers);
      const wanted = { choices: prepared, ...asked };
      const record =
        typeof picture === 'string'
          ? await budget
              .during(maxBytes, () => intake.takeUrl(picture, wanted, signal))
              .catch((error: unknown) => {
                throw signal.aborted ? closing(error) : error;
              })
          : await intake.takePicture(picture, wanted);
      const latest = await whenPreferred({ record, waitSeconds, signal });
      // An idle connection that outlives its answer would keep a closing server waiting.
      if (signal.aborted) reply.header('connection', 'close');
      return answer(reply, latest);
    },
  );

  /** The caption after the wait that the client prefers, if any. */
  async function whenPreferred(options: {
    record: StoredCaption;
    waitSeconds: number;
    signal: AbortSignal;
  }): Promise<StoredCaption> {
    const { record, waitSeconds, signal } = options;
    if (waitSeconds === 0 || isTerminal(record.status)) return record;
    await waitForEnd({ streams, captionId: record.id, waitSeconds, signal });
    return (await store.get(record.id)) ?? record;
  }

  function answer(reply: FastifyReply, record: StoredCaption): FastifyReply {
    const caption = toCaption(record, { publicUrl: settings.PUBLIC_URL });
    reply.headers({ location: caption.urls.self, 'cache-control': 'no-store' });
    if (isTerminal(record.status)) return reply.code(200).send(caption);
    return reply.code(202).header('retry-after', RETRY_AFTER_SECONDS).send(caption);
  }
}

/** @returns the picture, or the URL of one, and what the body says of the caption */
function readBody(
  body: CreateBody,
  maxBytes: number,
): { picture: Buffer | string; choices: CaptionChoices } {
  if (Buffer.isBuffer(body)) return { picture: body, choices: {} };
  if (typeof body !== 'object' || body === null) {
    throw new DomainError(
      'unsupported_media_type',
      'The request has no body; send the picture as the form field "image" or as the body itself.',
    );
  }
  if (isForm(body)) {
    const { image: picture, ...text } = body;
    return { picture, choices: decodeChoices(text) };
  }
  const { image, image_url: url = '', ...choices } = body;
  const inline = image ?? (isDataUrl(url) ? url : undefined);
  const picture = inline === undefined ? url : decodeInlinePicture(inline, maxBytes);
  return { picture, choices };
}

/** For a client that is still there. */
const closing = (cause: unknown) =>
  new DomainError(
    'imaging_unavailable',
    'The service is about to stop, or the client has gone. Nothing was accepted; try again.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS, cause },
  );
