// GET /v1/captions/{id}: the caption as it stands.
import { Caption } from '@caption-queue/contract/caption';
import type { FastifyInstance } from 'fastify';
import type { ApiDependencies } from '../dependencies.ts';
import { problemResponses } from '../http/openapi.ts';
import { CaptionParams, ownCaptionProblems, readOwn } from './own.ts';
import { toCaption } from './resource.ts';

export function readCaptionRoute(app: FastifyInstance, dependencies: ApiDependencies): void {
  const { settings, store } = dependencies;
  app.get<{ Params: CaptionParams }>(
    '/v1/captions/:id',
    {
      config: { scope: 'captions:read' },
      schema: {
        tags: ['captions'],
        operationId: 'readCaption',
        summary: 'Read a caption',
        params: CaptionParams,
        response: {
          200: {
            description: 'The caption; done when its `status` is terminal.',
            content: { 'application/json': { schema: Caption } },
          },
          ...problemResponses(...ownCaptionProblems),
        },
      },
    },
    async (request, reply) => {
      const record = await readOwn(store, { ...request.params, tenant: request.access.tenant });
      // Its state changes under the same address.
      reply.header('cache-control', 'no-store');
      return toCaption(record, { publicUrl: settings.PUBLIC_URL });
    },
  );
}
