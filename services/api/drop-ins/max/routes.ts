// The drop-in for IBM's MAX Image Caption Generator, which is archived: its clients move over by changing a host name.

import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { jsonResponse } from '../../http/openapi.ts';
import { type MultipartFile, parseMultipart } from '../../uploads/multipart.ts';
import { FORM_OVERHEAD_BYTES, pictureTooLarge } from '../../uploads/receive.ts';
import type { DropInDependencies } from '../dependencies.ts';
import { sendJson, shapeErrors } from '../scope.ts';
import { accessFailures, failures, Metadata, Predictions, rank } from './schemas.ts';
import { buildMaxSwagger, DESCRIPTION, TITLE } from './swagger.ts';

/** As MAX had it: three sentences of at most twenty words. */
const OPTIONS = { beam_width: 3, max_length: 20, alternatives: 3 };
/** Word for word what MAX said: clients may look for it. */
const MISSING_FILE = {
  errors: { image: 'An image file Missing required parameter in an uploaded file' },
  message: 'Input payload validation failed',
};
const WRONG_TYPE = 'Invalid file type/extension. Please provide an image in JPEG or PNG format.';
/** What MAX failed on with 500. */
const notPictures = new Set(['unsupported_image', 'damaged_image', 'empty_upload']);

/** Adds `/model/predict`, `/model/metadata` and `/swagger.json`, with errors in MAX's shape. */
export function maxRoutes(max: FastifyInstance, dependencies: DropInDependencies): void {
  const { settings, logger, intake, captioner, budget } = dependencies;
  const tags = ['max'];
  const largestBytes = settings.MAX_UPLOAD_BYTES + FORM_OVERHEAD_BYTES;

  shapeErrors(max, { logger, errorBody: ({ detail }) => ({ message: detail }) });
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
      onRequest: [budget.reserve, intake.checkRoom],
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
      return sendJson(reply, { status: 'ok', predictions: rank(caption.alternatives) });
    },
  );

  async function captionPicture(picture: Buffer, request: FastifyRequest, reply: FastifyReply) {
    const asked = { request, reply, pictures: [picture], options: OPTIONS };
    const { captions } = await (await captioner.take(asked)).finish('caption');
    return captions[0]?.output ?? undefined;
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
