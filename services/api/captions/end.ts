// POST /v1/captions/{id}/cancel and DELETE /v1/captions/{id}: a caption that is no longer wanted.
import { Caption } from '@caption-queue/contract/caption';
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance } from 'fastify';
import type { ApiDependencies } from '../dependencies.ts';
import { problemResponses } from '../http/openapi.ts';
import { CaptionParams, ownCaptionProblems, whyAbsent } from './own.ts';
import { toCaption } from './resource.ts';

export function endCaptionRoutes(app: FastifyInstance, dependencies: ApiDependencies): void {
  const { settings, store } = dependencies;

  app.post<{ Params: CaptionParams }>(
    '/v1/captions/:id/cancel',
    {
      config: { scope: 'captions:write' },
      schema: {
        tags: ['captions'],
        operationId: 'cancelCaption',
        summary: 'Cancel a caption',
        description:
          'Ends a caption that is waiting or in work. Whichever worker has it stops between two words.',
        params: CaptionParams,
        response: {
          200: {
            description: 'The caption, canceled.',
            content: { 'application/json': { schema: Caption } },
          },
          ...problemResponses(...ownCaptionProblems, 'foreign_origin', 'caption_ended'),
        },
      },
    },
    async (request, reply) => {
      const own = { ...request.params, tenant: request.access.tenant };
      const outcome = await store.cancel({ captionId: own.id, tenant: own.tenant });
      if (outcome.kind === 'absent') throw await whyAbsent(store, own);
      if (outcome.kind === 'ended') {
        const detail = `The caption ${own.id} has ended already: it is ${outcome.status}.`;
        throw new DomainError('caption_ended', detail);
      }
      reply.header('cache-control', 'no-store');
      return toCaption(outcome.record, { publicUrl: settings.PUBLIC_URL });
    },
  );

  app.delete<{ Params: CaptionParams }>(
    '/v1/captions/:id',
    {
      config: { scope: 'captions:write' },
      schema: {
        tags: ['captions'],
        operationId: 'deleteCaption',
        summary: 'Delete a caption',
        description:
          'Deletes the record, its events and what is left of the picture. A caption in work is canceled first. Afterwards its address answers 410 for as long as the caption would have been kept.',
        params: CaptionParams,
        response: {
          204: { description: 'Deleted.', type: 'null' },
          ...problemResponses(...ownCaptionProblems, 'foreign_origin'),
        },
      },
    },
    async (request, reply) => {
      const own = { ...request.params, tenant: request.access.tenant };
      if (await store.delete({ captionId: own.id, tenant: own.tenant })) {
        return reply.code(204).send();
      }
      throw await whyAbsent(store, own);
    },
  );
}
