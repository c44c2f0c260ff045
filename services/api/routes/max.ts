// The drop-in for IBM's MAX Image Caption Generator, which is archived: its clients move over by changing a host name.
import { createHash } from 'node:crypto';
import { type CaptionRecord, isTerminal } from '@caption-queue/contract/caption';
import { ProblemError } from '@caption-queue/contract/problems';
import type { FastifyInstance, FastifyReply } from 'fastify';
import Type from 'typebox';
import type { ApiDependencies } from '../dependencies.ts';
import { type MultipartFile, parseMultipart } from '../multipart.ts';
import { createErrorHandler } from '../plugins/errors.ts';
import { createUploadBudget } from '../plugins/upload-budget.ts';
import { failures, json, Metadata, Predictions } from './max-schemas.ts';
import { buildMaxSwagger, DESCRIPTION, TITLE } from './max-swagger.ts';

/** As MAX had it: three sentences of at most twenty words. */
const OPTIONS = { beam_width: 3, max_length: 20, alternatives: 3 };
/** MAX's clients wait on the line; a proxy in between would give up after about this long. */
const LONGEST_WAIT_MS = 60_000;
const FORM_OVERHEAD_BYTES = 64 * 1024;
/** Uploads of the largest size being received at a time; smaller ones share the same memory. */
const LARGEST_UPLOADS_AT_ONCE = 8;

/** Word for word what MAX said: clients may look for it. */
const MISSING_FILE = {
  errors: { image: 'An image file Missing required parameter in an uploaded file' },
  message: 'Input payload validation failed',
};
const WRONG_TYPE = 'Invalid file type/extension. Please provide an image in JPEG or PNG format.';
/** What MAX failed on with 500. */
const notPictures = new Set(['unsupported_image', 'damaged_image', 'empty_upload']);

/** Adds `/model/predict`, `/model/metadata` and `/swagger.json`, with errors in MAX's shape. */
export async function maxRoutes(
  app: FastifyInstance,
  dependencies: ApiDependencies,
): Promise<void> {
  await app.register(async (max) => addRoutes(max, dependencies));
}

function addRoutes(max: FastifyInstance, dependencies: ApiDependencies): void {
  const { settings, store, logger } = dependencies;
  const tags = ['max'];
  const largestBytes = settings.MAX_UPLOAD_BYTES + FORM_OVERHEAD_BYTES;

  max.setErrorHandler(
    createErrorHandler({
      logger,
      send: (reply, { status, headers, problem }) =>
        sendJson(reply.code(status).headers(headers), { message: problem.detail }),
    }),
  );
  max.removeAllContentTypeParsers();
  max.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit: largestBytes },
    (request, body: Buffer, done) => {
      done(null, findImage(body, request.headers['content-type'] ?? ''));
    },
  );
  // Flask finds no file in any other body, and says so.
  max.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _body, done) => done(null));

  max.post<{ Body: MultipartFile | undefined }>(
    '/model/predict',
    {
      config: { scope: 'captions:write' },
      schema: {
        tags,
        operationId: 'maxPredict',
        summary: 'Caption a picture and wait for it',
        consumes: ['multipart/form-data'],
        body: {
          content: {
            'multipart/form-data': {
              schema: Type.Object({
                image: Type.Unsafe<Buffer>({ contentMediaType: 'image/jpeg' }),
              }),
            },
          },
        },
        response: { 200: json('Three captions.', Predictions), ...failures },
      },
      // The form was read already, by MAX's own rules.
      validatorCompiler: () => () => true,
      onRequest: [
        createUploadBudget({
          budgetBytes: LARGEST_UPLOADS_AT_ONCE * largestBytes,
          largestBytes,
        }),
        async () => store.checkRoom(),
      ],
    },
    async (request, reply) => {
      const image = request.body;
      if (image === undefined) return sendJson(reply.code(400), MISSING_FILE);
      // Some clients name no type; the bytes decide then.
      if (image.mediaType !== undefined && !/(jpg|jpeg|png)$/.test(image.mediaType)) {
        return sendJson(reply.code(400), { message: WRONG_TYPE });
      }
      const { tenant } = request.access;
      const caption = await captionPicture({ bytes: image.bytes, tenant, dependencies }).catch(
        (error: unknown) => {
          if (error instanceof ProblemError && notPictures.has(error.code)) return undefined;
          throw error;
        },
      );
      if (caption === undefined) return sendJson(reply.code(400), { message: WRONG_TYPE });
      if (caption.output === null) {
        return sendJson(reply.code(500), { message: caption.error?.detail ?? caption.status });
      }
      const predictions = caption.output.alternatives.map(({ caption: text, log_prob }, index) => ({
        index: String(index),
        caption: text,
        probability: Math.exp(log_prob),
      }));
      return sendJson(reply, { status: 'ok', predictions });
    },
  );

  max.get(
    '/model/metadata',
    {
      config: { scope: 'captions:read' },
      schema: {
        tags,
        operationId: 'maxMetadata',
        summary: 'What the model is',
        response: { 200: json('The model.', Metadata) },
      },
    },
    async (request, reply) => {
      const base =
        settings.PUBLIC_URL?.replace(/\/$/, '') ?? `${request.protocol}://${request.host}`;
      return sendJson(reply, {
        id: TITLE.toLowerCase().replaceAll(' ', '-'),
        name: TITLE,
        description: DESCRIPTION,
        type: 'Image-to-Text Translation',
        source: `${base}/docs`,
        license: 'Code under Apache-2.0; the model’s weights have terms of their own, see its card',
      });
    },
  );

  const swagger = buildMaxSwagger({ version: dependencies.version });
  max.get(
    '/swagger.json',
    { config: { scope: 'captions:read' }, schema: { hide: true } },
    async (_request, reply) => sendJson(reply, swagger),
  );
}

/** @returns the form's picture; undefined when there is none, or the form can't be read: MAX makes no difference */
function findImage(body: Buffer, contentType: string): MultipartFile | undefined {
  try {
    return parseMultipart(body, contentType).files.find(({ name }) => name === 'image');
  } catch {
    return undefined;
  }
}

/** @returns the caption once it has ended. @throws ProblemError */
async function captionPicture(options: {
  bytes: Buffer;
  tenant: string;
  dependencies: ApiDependencies;
}): Promise<CaptionRecord> {
  const { store, streams, imaging } = options.dependencies;
  const { pixels, mediaType, width, height } = await imaging.normalise(options.bytes);
  const sha256 = createHash('sha256').update(pixels).digest('hex');
  const { id } = await store.create({
    tenant: options.tenant,
    input: { sha256, media_type: mediaType, width, height },
    options: OPTIONS,
    pixels,
  });
  const signal = AbortSignal.timeout(LONGEST_WAIT_MS);
  for await (const { event } of streams.read({ captionId: id, signal })) {
    if ('status' in event.data && 'output' in event.data && isTerminal(event.data.status)) {
      return event.data;
    }
  }
  throw new ProblemError('queue_full', 'The picture is still waiting for its turn; try again.');
}

/** Exactly MAX's content type: Fastify would append a charset to text. */
function sendJson(reply: FastifyReply, body: object): FastifyReply {
  return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(body)));
}
