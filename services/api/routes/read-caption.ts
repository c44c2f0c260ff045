// GET /v1/captions/{id}: the caption as it stands.
import { Caption, CaptionId } from '@caption-queue/contract/caption';
import { ProblemError } from '@caption-queue/contract/problems';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { toCaption } from '../caption-resource.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { problemResponses } from '../plugins/openapi.ts';

export const CaptionParams = Type.Object({ id: CaptionId });

export const noSuchCaption = (id: string) =>
  new ProblemError(
    'not_found',
    `There is no caption ${id}; it may have been deleted by retention.`,
  );

export function readCaptionRoute(app: FastifyInstance, dependencies: ApiDependencies): void {
  const { settings, store } = dependencies;
  app.get<{ Params: { id: string } }>(
    '/v1/captions/:id',
    {
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
          ...problemResponses(
            'validation_failed',
            'foreign_host',
            'not_found',
            'redis_unavailable',
          ),
        },
      },
    },
    async (request, reply) => {
      const record = await store.get(request.params.id);
      if (record === undefined) throw noSuchCaption(request.params.id);
      // Its state changes under the same address.
      reply.header('cache-control', 'no-store');
      return toCaption(record, { publicUrl: settings.PUBLIC_URL });
    },
  );
}
