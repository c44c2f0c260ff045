// /v1/webhooks: a tenant's endpoints.
import {
  Webhook,
  WebhookChoices,
  WebhookId,
  WebhookSecret,
} from '@caption-queue/contract/webhooks';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ApiDependencies } from '../../dependencies.ts';
import { jsonResponse, problemResponses } from '../../http/openapi.ts';

export const WebhookParams = Type.Object({ id: WebhookId });

const NewWebhook = Type.Object(
  { ...Type.Partial(WebhookChoices).properties, url: WebhookChoices.properties.url },
  { additionalProperties: false },
);
const WebhookPatch = Type.Object(
  {
    ...Type.Partial(WebhookChoices).properties,
    enabled: Type.Optional(
      Type.Boolean({ description: 'true forgets past failures; false stops what is sent.' }),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);
const CreatedWebhook = Type.Object({ ...Webhook.properties, secret: WebhookSecret });
const ofOne = ['validation_failed', 'not_found'] as const;
const ofBody = [
  'bad_request',
  'request_timeout',
  'unsupported_media_type',
  'payload_too_large',
] as const;

export function webhookRoutes(
  app: FastifyInstance,
  { webhooks: { endpoints }, outbound }: Pick<ApiDependencies, 'webhooks' | 'outbound'>,
): void {
  const tags = ['webhooks'];
  const config = { scope: 'webhooks' } as const;

  app.post<{ Body: Type.Static<typeof NewWebhook> }>(
    '/v1/webhooks',
    {
      config,
      schema: {
        tags,
        operationId: 'createWebhook',
        summary: 'Create a webhook',
        description: 'Answers its `secret`, this once.',
        body: NewWebhook,
        response: {
          201: jsonResponse('It is told of what happens from now on.', CreatedWebhook),
          ...problemResponses('validation_failed', 'url_refused', 'too_many_webhooks', ...ofBody),
        },
      },
    },
    async (request, reply) => {
      const { tenant } = request.access;
      const { href: url } = outbound.checkUrl(request.body.url);
      const { webhook, secret } = await endpoints.create(tenant, { ...request.body, url });
      reply.code(201).header('location', `/v1/webhooks/${webhook.id}`);
      return { ...webhook, secret };
    },
  );

  app.get(
    '/v1/webhooks',
    {
      config,
      schema: {
        tags,
        operationId: 'listWebhooks',
        summary: 'List webhooks',
        response: {
          200: jsonResponse(
            'All of them, oldest first.',
            Type.Object({ data: Type.Array(Webhook) }),
          ),
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return { data: await endpoints.list(request.access.tenant) };
    },
  );

  app.get<{ Params: { id: string } }>(
    '/v1/webhooks/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'readWebhook',
        summary: 'Read a webhook',
        params: WebhookParams,
        response: { 200: jsonResponse('How it does.', Webhook), ...problemResponses(...ofOne) },
      },
    },
    async ({ access: { tenant }, params: { id } }, reply) => {
      reply.header('cache-control', 'no-store');
      return endpoints.get(tenant, id);
    },
  );

  app.patch<{ Params: { id: string }; Body: Type.Static<typeof WebhookPatch> }>(
    '/v1/webhooks/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'changeWebhook',
        summary: 'Change a webhook',
        description: 'Deliveries that wait go to the new URL.',
        params: WebhookParams,
        body: WebhookPatch,
        response: {
          200: jsonResponse('As it is now.', Webhook),
          ...problemResponses('url_refused', ...ofBody, ...ofOne),
        },
      },
    },
    async ({ access: { tenant }, params: { id }, body }) => {
      const url = body.url === undefined ? undefined : outbound.checkUrl(body.url).href;
      return endpoints.update(tenant, id, { ...body, url });
    },
  );

  app.delete<{ Params: { id: string } }>(
    '/v1/webhooks/:id',
    {
      config,
      schema: {
        tags,
        operationId: 'deleteWebhook',
        summary: 'Delete a webhook',
        description: 'With its deliveries, also those that wait.',
        params: WebhookParams,
        response: {
          204: { description: 'It is gone.', type: 'null' },
          ...problemResponses(...ofOne),
        },
      },
    },
    async ({ access: { tenant }, params: { id } }, reply) => {
      await endpoints.delete(tenant, id);
      return reply.code(204).send();
    },
  );
}
