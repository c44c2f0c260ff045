// The drop-in for Hugging Face's task image-to-text, as its inference client asks for it.
//
// See https://huggingface.co/docs/huggingface_hub/package_reference/inference_client
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { Value } from 'typebox/value';
import { acceptJson } from '../../http/json-bodies.ts';
import { validationError } from '../../http/validator.ts';
import { decodeInlinePicture } from '../../uploads/inline-picture.ts';
import type { DropInDependencies } from '../dependencies.ts';
import { findModel } from '../models.ts';
import { type ErrorBody, sendJson, shapeErrors } from '../scope.ts';

/** Parameters make no difference. */
const InferenceRequest = Type.Object({ inputs: Type.String() });

const errorBody: ErrorBody = ({ detail }) => ({ error: detail });

/** Adds `/models/…`, with errors in Hugging Face's shape. */
export function huggingFaceRoutes(scope: FastifyInstance, dependencies: DropInDependencies): void {
  const { settings, logger, intake, captioner, budget, json } = dependencies;
  const maxBytes = settings.MAX_UPLOAD_BYTES;
  shapeErrors(scope, { logger, errorBody });
  acceptJson(scope, json);
  // The client names no type where it knows none; the bytes decide.
  scope.addContentTypeParser<Buffer>(
    '*',
    { parseAs: 'buffer', bodyLimit: maxBytes },
    (_request, body, done) => done(null, body),
  );

  // Described by its makers, so not in our own description. The body may be bytes, so it is checked here.
  const options = {
    config: { scope: 'captions:write' as const },
    schema: { hide: true, body: Type.Unknown() },
    onRequest: [budget.reserve, intake.checkRoom],
  };
  scope.post<{ Params: { name: string } }>('/models/:name', options, (request, reply) =>
    describe(request.params.name, request, reply),
  );
  scope.post<{ Params: { owner: string; name: string } }>(
    '/models/:owner/:name',
    options,
    (request, reply) => describe(`${request.params.owner}/${request.params.name}`, request, reply),
  );

  async function describe(
    model: string,
    request: FastifyRequest,
    reply: FastifyReply,
  ): Promise<FastifyReply> {
    const wanted = findModel(model);
    const pictures = [readPicture(request.body, maxBytes)];
    const work = await captioner.take({ request, reply, pictures });
    const { text, refusal } = await work.finish(wanted);
    reply.header('cache-control', 'no-store');
    return sendJson(reply, [{ generated_text: text, ...(refusal === null ? {} : { refusal }) }]);
  }
}

/** @returns bytes, or the address of a picture */
function readPicture(body: unknown, maxBytes: number): Buffer | string {
  if (Buffer.isBuffer(body)) return body;
  if (!Value.Check(InferenceRequest, body)) {
    throw validationError(
      '/inputs',
      'is missing: send the bytes of a picture, or JSON with the picture as base64 in "inputs"',
    );
  }
  const { inputs } = body;
  return /^https?:/i.test(inputs) ? inputs : decodeInlinePicture(inputs, maxBytes);
}
