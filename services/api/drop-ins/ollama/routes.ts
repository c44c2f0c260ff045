// The drop-in for Ollama: a vision model whose only answer is a caption.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { acceptJson } from '../../http/json-bodies.ts';
import { validationError } from '../../http/validator.ts';
import type { DropInDependencies } from '../dependencies.ts';
import type { Wanted } from '../models.ts';
import { endWithError, ignorePrompts, sendJson, shapeErrors, streamHeaders } from '../scope.ts';
import {
  type Asked,
  asMessage,
  asResponse,
  type Decoder,
  doneOf,
  errorBody,
  line,
  linesOf,
  loadedOf,
  modelsOf,
  shownOf,
} from './answers.ts';
import {
  ChatRequest,
  decodePictures,
  findTagged,
  GenerateRequest,
  ShowRequest,
} from './request.ts';

/** Described by its makers, so not in our own description. */
const schema = { hide: true };

/** Adds what Ollama's clients ask for to caption a picture, with errors in its shape. */
export function ollamaRoutes(ollama: FastifyInstance, dependencies: DropInDependencies): void {
  const { settings, logger, intake, captioner, budget, json, heartbeats, version } = dependencies;
  const maxBytes = settings.MAX_UPLOAD_BYTES;
  const startedAt = new Date().toISOString();
  shapeErrors(ollama, { logger, errorBody });
  ignorePrompts(ollama);
  // Ollama looks at no content type, and its own examples send none that fits.
  acceptJson(ollama, json, ['application/json', '*']);

  const captioning = {
    config: { scope: 'captions:write' as const },
    onRequest: [budget.reserveJson, intake.checkRoom],
  };
  const reading = { config: { scope: 'captions:read' as const } };

  ollama.post<{ Body: GenerateRequest }>(
    '/api/generate',
    { ...captioning, schema: { ...schema, body: GenerateRequest } },
    async (request, reply) => {
      const { model, prompt, images } = request.body;
      const asked = { model, wording: asResponse };
      const wanted = findTagged(model);
      if (!prompt && !images?.length) return sendJson(reply, loadedOf(asked));
      const pictures = decodePictures(images, { pointer: '/images', maxBytes });
      return answer({ request, reply, asked, wanted, pictures });
    },
  );

  ollama.post<{ Body: ChatRequest }>(
    '/api/chat',
    { ...captioning, schema: { ...schema, body: ChatRequest } },
    async (request, reply) => {
      const { model, messages } = request.body;
      const asked = { model, wording: asMessage };
      const wanted = findTagged(model);
      if (!messages?.length) return sendJson(reply, loadedOf(asked));
      const images = messages.findLast(({ role }) => role === 'user')?.images;
      const pictures = decodePictures(images, { pointer: '/messages', maxBytes });
      return answer({ request, reply, asked, wanted, pictures });
    },
  );

  async function answer(options: {
    request: FastifyRequest<{ Body: GenerateRequest | ChatRequest }>;
    reply: FastifyReply;
    asked: Asked;
    wanted: Wanted;
    pictures: Buffer[];
  }): Promise<FastifyReply> {
    const { request, reply, asked, wanted, pictures } = options;
    const { stream } = request.body;
    const work = await captioner.take({ request, reply, pictures });
    reply.header('cache-control', 'no-store');
    if (stream === false) {
      const said = await work.finish(wanted);
      return sendJson(reply, doneOf(asked, { text: said.text, said }));
    }
    const lines = linesOf(asked, work.say(wanted));
    const body = endWithError(lines, { logger, requestId: request.id, errorBody, failed: line });
    return reply
      .headers({ 'content-type': 'application/x-ndjson', ...streamHeaders })
      .send(Readable.from(body, { objectMode: false }));
  }

  /** @throws DomainError `redis_unavailable` */
  async function findDecoder(): Promise<Decoder> {
    const workers = await heartbeats.list();
    const decoder = workers.findLast(({ stage, model }) => stage === 'decode' && model !== null);
    return decoder ?? { model: null, startedAt };
  }

  for (const address of ['/api/tags', '/api/ps']) {
    ollama.get(address, { ...reading, schema }, async (_request, reply) =>
      sendJson(reply, { models: modelsOf(await findDecoder()) }),
    );
  }

  ollama.post<{ Body: ShowRequest }>(
    '/api/show',
    { ...reading, schema: { ...schema, body: ShowRequest }, onRequest: budget.reserveJson },
    async ({ body: { model, name = model } }, reply) => {
      if (name === undefined) throw validationError('/model', 'is missing');
      findTagged(name);
      return sendJson(reply, shownOf(await findDecoder()));
    },
  );

  ollama.get('/api/version', { ...reading, schema }, async (_request, reply) =>
    sendJson(reply, { version }),
  );
}
