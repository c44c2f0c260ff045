// The secrets that sign webhooks: of a tenant, and of each endpoint.
import { WebhookSecret } from '@caption-queue/contract/webhooks';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ApiDependencies } from '../../dependencies.ts';
import { jsonResponse, problemResponses } from '../../http/openapi.ts';
import { WebhookParams } from './endpoints.ts';

const RotatedSecret = Type.Object({
  secret: WebhookSecret,
  previous_valid_until: Type.String({
    format: 'date-time',
    description: 'Until then the old secret signs as well.',
  }),
});

export function webhookSecretRoutes(
  app: FastifyInstance,
  { webhooks: { endpoints } }: Pick<ApiDependencies, 'webhooks'>,
): void {
  const tags = ['webhooks'];
  const config = { scope: 'webhooks' } as const;

  app.get(
    '/v1/webhooks/secret',
    {
      config,
      schema: {
        tags,
        operationId: 'readWebhookSecret',
        summary: 'Read the secret of captions’ own URLs',
        description: 'Signs what is sent to a URL that a caption or batch was posted with.',
        response: {
          200: jsonResponse('It never changes.', Type.Object({ secret: WebhookSecret })),
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { tenant } = request.access;
      return { secret: await endpoints.tenantSecret(tenant) };
    },
  );

  app.post<{ Params: { id: string } }>(
    '/v1/webhooks/:id/rotate-secret',
    {
      config,
      schema: {
        tags,
        operationId: 'rotateWebhookSecret',
        summary: 'Give a webhook a new secret',
        description: 'Answers it, this once. For 24 hours the old one signs as well.',
        params: WebhookParams,
        response: {
          200: jsonResponse('The new secret.', RotatedSecret),
          ...problemResponses('validation_failed', 'not_found'),
        },
      },
    },
    async ({ access: { tenant }, params: { id } }, reply) => {
      reply.header('cache-control', 'no-store');
      const { secret, previousValidUntilMs } = await endpoints.rotateSecret(tenant, id);
      return { secret, previous_valid_until: new Date(previousValidUntilMs).toISOString() };
    },
  );
}
