// The drop-in for IBM's MAX Image Caption Generator, which is archived: its clients move over by changing a host name.

import type { StoredCaption } from '@caption-queue/captions/record';
import { isTerminal } from '@caption-queue/contract/caption';
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { prepareChoices } from '../../captions/choices.ts';
import type { CaptionIntake } from '../../captions/intake.ts';
import { MAX_WAIT_SECONDS, waitForEnd } from '../../captions/wait.ts';
import type { ApiDependencies } from '../../dependencies.ts';
import { createOpenAnswers } from '../../http/connections.ts';
import { createErrorHandler } from '../../http/errors.ts';
import { jsonResponse } from '../../http/openapi.ts';
import { type MultipartFile, parseMultipart } from '../../uploads/multipart.ts';
import { createUploadBudget, FORM_OVERHEAD_BYTES, pictureTooLarge } from '../../uploads/receive.ts';
import { accessFailures, failures, Metadata, Predictions, rank } from './schemas.ts';
import { buildMaxSwagger, DESCRIPTION, TITLE } from './swagger.ts';

/** As MAX had it: three sentences of at most twenty words. */
const OPTIONS = { beam_width: 3, max_length: 20, alternatives: 3 };
/** Ends a picture that nobody waits for any more, should this process die before it can cancel it. */
const EXPIRES_IN_SECONDS = 2 * MAX_WAIT_SECONDS;
const RETRY_AFTER_SECONDS = 5;
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

type MaxDependencies = ApiDependencies & { intake: CaptionIntake };

/** Adds `/model/predict`, `/model/metadata` and `/swagger.json`, with errors in MAX's shape. */
export async function maxRoutes(
  app: FastifyInstance,
  dependencies: MaxDependencies,
): Promise<void> {
  await app.register(async (max) => addRoutes(max, dependencies));
}

function addRoutes(max: FastifyInstance, dependencies: MaxDependencies): void {
  const { settings, store, streams, outbound, intake, logger } = dependencies;
  const openAnswers = createOpenAnswers(max);
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
                image: Type.Unsafe<Buffer>({ contentMediaType: 'application/octet-stream' }),
              }),
            },
          },
        },
        response: { 200: jsonResponse('Three captions.', Predictions), ...failures },
      },
      // The form was read already, by MAX's own rules.
      validatorCompiler: () => () => true,
      onRequest: [
        createUploadBudget({
          budgetBytes: LARGEST_UPLOADS_AT_ONCE * largestBytes,
          largestBytes,
        }).reserve,
        intake.checkRoom,
      ],
    },
    async (request, reply) => {
      const image = request.body;
      if (image === undefined) return sendJson(reply.code(400), MISSING_FILE);
      if (image.bytes.length > settings.MAX_UPLOAD_BYTES) {
        throw pictureTooLarge(settings.MAX_UPLOAD_BYTES);
      }
      // Some clients name no type; the bytes decide then.
      if (image.mediaType !== undefined && !/(jpg|jpeg|png)$/.test(image.mediaType)) {
        return sendJson(reply.code(400), { message: WRONG_TYPE });
      }
      const caption = await captionPicture(image.bytes, request, reply).catch((error: unknown) => {
        if (error instanceof DomainError && notPictures.has(error.code)) return undefined;
        throw error;
      });
      if (caption === undefined) return sendJson(reply.code(400), { message: WRONG_TYPE });
      if (caption.output === null) {
        return sendJson(reply.code(500), { message: caption.error?.detail ?? caption.status });
      }
      return sendJson(reply, { status: 'ok', predictions: rank(caption.output.alternatives) });
    },
  );

  /**
   * @returns the caption once it has ended
   * @throws DomainError `queue_full` when nobody waits for it any more: it is canceled then, since nobody knows its id
   */
  async function captionPicture(
    picture: Buffer,
    { access: { tenant } }: FastifyRequest,
    reply: FastifyReply,
  ): Promise<StoredCaption> {
    const signal = openAnswers.signalOf(reply);
    const choices = prepareChoices({
      tenant,
      choices: { ...OPTIONS, expires_in: EXPIRES_IN_SECONDS },
      defaultPriority: 'interactive',
      outbound,
    });
    const request = { choices, idempotencyKey: undefined, fresh: false };
    const created = await intake.takePicture(picture, request);
    const captionId = created.id;
    if (isTerminal(created.status)) return created;
    await waitForEnd({ streams, captionId, waitSeconds: MAX_WAIT_SECONDS, signal });
    const canceled = await store.cancel({ captionId, tenant });
    const ended = canceled.kind === 'ended' ? await store.get(captionId) : undefined;
    if (ended !== undefined) return ended;
    // An idle connection that outlives its answer would keep a closing server waiting.
    if (signal.aborted) reply.header('connection', 'close');
    throw new DomainError(
      'queue_full',
      'The picture was still waiting for its turn and was taken out of the queue; try again.',
      { retryAfterSeconds: RETRY_AFTER_SECONDS },
    );
  }

  max.get(
    '/model/metadata',
    {
      config: { scope: 'captions:read' },
      schema: {
        tags,
        operationId: 'maxMetadata',
        summary: 'What the model is',
        response: { 200: jsonResponse('The model.', Metadata), ...accessFailures },
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

/** Exactly MAX's content type: Fastify would append a charset to text. */
function sendJson(reply: FastifyReply, body: object): FastifyReply {
  return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(body)));
}
