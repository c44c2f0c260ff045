// GET /v1/captions: a tenant's captions, newest first, page by page.
import { CaptionId, CaptionPage, CaptionStatus } from '@caption-queue/contract/caption';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ApiDependencies } from '../dependencies.ts';
import { problemResponses } from '../http/openapi.ts';
import { toCaption } from './resource.ts';

const DEFAULT_LIMIT = 20;
const MOST = 100;

const Query = Type.Object(
  {
    status: Type.Optional(CaptionStatus),
    cursor: Type.Optional(
      Type.String({ ...CaptionId, description: '`next_cursor` of the page before.' }),
    ),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: MOST, default: DEFAULT_LIMIT })),
  },
  { additionalProperties: false },
);

export function listCaptionsRoute(app: FastifyInstance, dependencies: ApiDependencies): void {
  const { settings, store } = dependencies;
  app.get<{ Querystring: Type.Static<typeof Query> }>(
    '/v1/captions',
    {
      config: { scope: 'captions:read' },
      schema: {
        tags: ['captions'],
        operationId: 'listCaptions',
        summary: 'List captions',
        querystring: Query,
        response: {
          200: {
            description: 'A page of captions.',
            content: { 'application/json': { schema: CaptionPage } },
          },
          ...problemResponses('validation_failed', 'foreign_host', 'redis_unavailable'),
        },
      },
    },
    async (request, reply): Promise<CaptionPage> => {
      const { status, cursor, limit = DEFAULT_LIMIT } = request.query;
      const { tenant } = request.access;
      const { captions, nextCursor } = await store.list({ tenant, status, cursor, limit });
      reply.header('cache-control', 'no-store');
      return {
        data: captions.map((caption) => toCaption(caption, { publicUrl: settings.PUBLIC_URL })),
        next_cursor: nextCursor,
      };
    },
  );
}
