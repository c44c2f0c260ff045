// POST /v1/captions: receives a picture, normalises it in a child process, and queues it.
import { createHash } from 'node:crypto';
import { Caption, CaptionOptions } from '@caption-queue/contract/caption';
import { ProblemError } from '@caption-queue/contract/problems';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { toCaption } from '../caption-resource.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { parseMultipart } from '../multipart.ts';
import { problemResponses } from '../plugins/openapi.ts';
import { createUploadBudget } from '../plugins/upload-budget.ts';

/** Boundaries, part headers and options around the picture of a form. */
const FORM_OVERHEAD_BYTES = 64 * 1024;
/** Uploads being received at a time, if all are of the largest size; smaller ones share the same memory. */
const LARGEST_UPLOADS_AT_ONCE = 24;
/** A caption takes about a tenth of a second when nothing waits. */
const RETRY_AFTER_SECONDS = 1;

const OptionFields = Type.Object(Type.Partial(CaptionOptions).properties, {
  additionalProperties: false,
});

const Picture = Type.Unsafe<Buffer>({
  contentMediaType: 'application/octet-stream',
  description:
    'JPEG, PNG, WebP, GIF (first frame) or AVIF; the bytes decide, not the name or declared type.',
});

const CaptionForm = Type.Object(
  { image: Picture, ...OptionFields.properties },
  { additionalProperties: false },
);

const schema = {
  tags: ['captions'],
  operationId: 'createCaption',
  summary: 'Caption a picture',
  description:
    'Send the picture as the form field `image`, or as the body itself. Options are form fields or query parameters; a form field wins. Then poll the address in `Location`, or follow its events.',
  consumes: ['multipart/form-data', 'image/*', 'application/octet-stream'],
  querystring: OptionFields,
  body: {
    content: {
      'multipart/form-data': { schema: CaptionForm },
      'image/*': { schema: Picture },
      'application/octet-stream': { schema: Picture },
    },
  },
  response: {
    202: {
      description: 'Accepted: it will reach a terminal state.',
      headers: {
        Location: { type: 'string', description: 'Where to poll.' },
        'Retry-After': { type: 'integer', description: 'Seconds after which to poll.' },
      },
      content: { 'application/json': { schema: Caption } },
    },
    ...problemResponses(
      'bad_request',
      'validation_failed',
      'malformed_multipart',
      'foreign_host',
      'foreign_origin',
      'request_timeout',
      'payload_too_large',
      'image_too_large',
      'unsupported_media_type',
      'unsupported_image',
      'empty_upload',
      'damaged_image',
      'queue_full',
      'redis_unavailable',
      'imaging_unavailable',
    ),
  },
};

export function createCaptionRoute(app: FastifyInstance, dependencies: ApiDependencies): void {
  const { settings, store, imaging } = dependencies;
  const maxBytes = settings.MAX_UPLOAD_BYTES;
  const maxFormBytes = maxBytes + FORM_OVERHEAD_BYTES;
  const withinBudget = createUploadBudget({
    budgetBytes: LARGEST_UPLOADS_AT_ONCE * maxFormBytes,
    largestBytes: maxFormBytes,
  });

  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: maxFormBytes },
    (request, body: Buffer, done) => {
      try {
        done(null, readForm({ request, body, maxBytes }));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  for (const type of [/^image\//, 'application/octet-stream']) {
    app.addContentTypeParser<Buffer>(
      type,
      { parseAs: 'buffer', bodyLimit: maxBytes },
      (_request, body, done) => done(null, body),
    );
  }

  app.post<{ Querystring: Partial<CaptionOptions> }>(
    '/v1/captions',
    {
      config: { scope: 'captions:write' },
      schema,
      // Before the body is read: what can't be accepted needn't be received.
      onRequest: [withinBudget, async () => store.checkRoom()],
    },
    async (request, reply) => {
      const { image, ...options } = readBody(request.body);
      const { pixels, mediaType, width, height } = await imaging.normalise(image);
      const sha256 = createHash('sha256').update(pixels).digest('hex');
      const record = await store.create({
        tenant: request.access.tenant,
        input: { sha256, media_type: mediaType, width, height },
        options: Value.Default(CaptionOptions, { ...request.query, ...options }) as CaptionOptions,
        pixels,
      });
      const caption = toCaption(record, { publicUrl: settings.PUBLIC_URL });
      return reply
        .code(202)
        .headers({ location: caption.urls.self, 'retry-after': RETRY_AFTER_SECONDS })
        .send(caption);
    },
  );
}

/** @returns the form's fields and its one picture, still to be checked against the schema */
function readForm(options: {
  request: FastifyRequest;
  body: Buffer;
  maxBytes: number;
}): Record<string, unknown> {
  const { request, body, maxBytes } = options;
  const { fields, files } = parseMultipart(body, request.headers['content-type'] ?? '');
  const [file, second] = files;
  if (second !== undefined) {
    throw new ProblemError(
      'malformed_multipart',
      'The form has more than one file; send one picture a request.',
    );
  }
  if (file === undefined) {
    const detail =
      'image' in fields
        ? 'The form field "image" has no file name, so it is text; send it as a file.'
        : 'The form has no file; send the picture in the field "image".';
    throw new ProblemError('malformed_multipart', detail);
  }
  if (file.bytes.length > maxBytes) {
    throw new ProblemError('payload_too_large', `The picture is larger than ${maxBytes} bytes.`);
  }
  if (file.name in fields) {
    throw new ProblemError('malformed_multipart', `The form has two parts of one name.`);
  }
  fields[file.name] = file.bytes as never;
  return fields;
}

function readBody(body: unknown): { image: Buffer } & Partial<CaptionOptions> {
  if (Buffer.isBuffer(body)) return { image: body };
  if (typeof body === 'object' && body !== null) return body as { image: Buffer };
  throw new ProblemError(
    'unsupported_media_type',
    'The request has no body; send the picture as the form field "image" or as the body itself.',
  );
}
