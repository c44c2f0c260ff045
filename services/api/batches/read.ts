// GET /v1/batches/{id} and …/results: how far a batch is, and its captions line by line.

import type { StoredBatch } from '@caption-queue/captions/batch-record';
import { Batch, BatchId, BatchResult } from '@caption-queue/contract/batch';
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { ownCaptionProblems } from '../captions/own.ts';
import { toBatch, toCaption } from '../captions/resource.ts';
import type { ApiDependencies } from '../dependencies.ts';
import { problemResponses } from '../http/openapi.ts';

const BatchParams = Type.Object({ id: BatchId });

export function readBatchRoutes(app: FastifyInstance, dependencies: ApiDependencies): void {
  const { settings, store } = dependencies;
  const resource = { publicUrl: settings.PUBLIC_URL };

  /** @throws DomainError `not_found`, `caption_gone`, `redis_unavailable` */
  async function readOwn(id: string, tenant: string): Promise<StoredBatch> {
    const batch = await store.getBatch(id);
    if (batch?.tenant === tenant) return batch;
    if (await store.wasBatchDeleted({ batchId: id, tenant })) {
      throw new DomainError('caption_gone', `The batch ${id} was deleted: its time was over.`);
    }
    throw new DomainError('not_found', `There is no batch ${id}.`);
  }

  app.get<{ Params: { id: string } }>(
    '/v1/batches/:id',
    {
      config: { scope: 'captions:read' },
      schema: {
        tags: ['captions'],
        operationId: 'readBatch',
        summary: 'Read a batch',
        params: BatchParams,
        response: {
          200: {
            description: 'How far it is.',
            content: { 'application/json': { schema: Batch } },
          },
          ...problemResponses(...ownCaptionProblems),
        },
      },
    },
    async (request, reply) => {
      const batch = await readOwn(request.params.id, request.access.tenant);
      reply.header('cache-control', 'no-store');
      return toBatch(batch, resource);
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/batches/:id/results',
    {
      config: { scope: 'captions:read' },
      schema: {
        tags: ['captions'],
        operationId: 'readBatchResults',
        summary: 'Read the captions of a batch',
        description:
          'A line of JSON for each caption as it stands, in the order of the pictures; captions that were deleted have none.',
        params: BatchParams,
        response: {
          200: {
            description: 'Lines of JSON (NDJSON), each a caption with its `index`.',
            content: { 'application/x-ndjson': { schema: BatchResult } },
          },
          ...problemResponses(...ownCaptionProblems),
        },
      },
    },
    async (request, reply) => {
      const { id } = await readOwn(request.params.id, request.access.tenant);
      const captions = await store.listBatch(id);
      const lines = captions.map((caption, index) => {
        if (caption === undefined) return '';
        const result: BatchResult = { index, ...toCaption(caption, resource) };
        return `${JSON.stringify(result)}\n`;
      });
      return reply
        .headers({ 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' })
        .send(Buffer.from(lines.join('')));
    },
  );
}
