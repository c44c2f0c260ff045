// The drop-in for OpenAI's API: a vision model whose only answer is a caption.
import { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { acceptOnlyJson } from '../../http/json-bodies.ts';
import type { DropInDependencies } from '../dependencies.ts';
import { findModel, modelNames } from '../models.ts';
import { endWithError, ignorePrompts, sendJson, shapeErrors, streamHeaders } from '../scope.ts';
import { type Completion, completionOf, errorBody, frame, framesOf, modelOf } from './answers.ts';
import { ChatRequest, checkAnswerable, picturesOf } from './request.ts';

/** Described by its makers, so not in our own description. */
const schema = { hide: true };

/** Adds `/v1/chat/completions` and `/v1/models`, with errors in OpenAI's shape. */
export function openAiRoutes(openai: FastifyInstance, dependencies: DropInDependencies): void {
  const { settings, logger, intake, captioner, budget, json } = dependencies;
  const startedAt = Math.floor(Date.now() / 1_000);
  shapeErrors(openai, { logger, errorBody });
  ignorePrompts(openai);
  acceptOnlyJson(openai, json);

  openai.post<{ Body: ChatRequest }>(
    '/v1/chat/completions',
    {
      config: { scope: 'captions:write' },
      schema: { ...schema, body: ChatRequest },
      onRequest: [budget.reserve, intake.checkRoom],
    },
    async (request, reply) => {
      const { model, stream, stream_options: streamOptions } = request.body;
      const wanted = findModel(model);
      checkAnswerable(request.body);
      const pictures = picturesOf(request.body, settings.MAX_UPLOAD_BYTES);
      const work = await captioner.take({ request, reply, pictures });
      const completion: Completion = {
        id: `chatcmpl-${request.id}`,
        created: Math.floor(Date.now() / 1_000),
        model,
      };
      reply.header('cache-control', 'no-store');
      if (stream !== true)
        return sendJson(reply, completionOf(completion, await work.finish(wanted)));
      const frames = framesOf(completion, {
        saying: work.say(wanted),
        includeUsage: streamOptions?.include_usage === true,
      });
      const body = endWithError(frames, {
        logger,
        requestId: request.id,
        errorBody,
        failed: frame,
      });
      return reply
        .headers({ 'content-type': 'text/event-stream; charset=utf-8', ...streamHeaders })
        .send(Readable.from(body, { objectMode: false }));
    },
  );

  const reading = { config: { scope: 'captions:read' }, schema } as const;
  openai.get('/v1/models', reading, async (_request, reply) =>
    sendJson(reply, { object: 'list', data: modelNames.map((name) => modelOf(name, startedAt)) }),
  );
  // A client writes the slash in a name as %2F, or leaves it.
  for (const address of ['/v1/models/:name', '/v1/models/:owner/:name']) {
    openai.get<{ Params: { owner?: string; name: string } }>(
      address,
      reading,
      async ({ params: { owner, name } }, reply) => {
        const id = owner === undefined ? name : `${owner}/${name}`;
        findModel(id);
        return sendJson(reply, modelOf(id, startedAt));
      },
    );
  }
}
