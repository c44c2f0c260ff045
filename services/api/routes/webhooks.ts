// /v1/webhooks: a tenant's endpoints, and the secrets that sign what they get.
import {
  Webhook,
  WebhookChoices,
  WebhookId,
  WebhookSecret,
} from '@caption-queue/contract/webhooks';
import { withinDeadline } from '@caption-queue/queue/deadline';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ApiDependencies } from '../dependencies.ts';
import { problemResponses } from '../plugins/openapi.ts';
import { type Clock, systemClock } from '../webhooks/clock.ts';
import { createWebhookEndpoints } from '../webhooks/endpoints.ts';

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
const RotatedSecret = Type.Object({
  secret: WebhookSecret,
  previous_valid_until: Type.String({
    format: 'date-time',
    description: 'Until then the old secret signs as well.',
  }),
});

const json = (description: string, schema: Type.TSchema) => ({
  description,
  content: { 'application/json': { schema } },
});
/** What every one of these calls may answer. */
const common = ['foreign_host', 'redis_unavailable'] as const;
const ofOne = ['validation_failed', 'not_found', ...common] as const;
const ofBody = ['bad_request', 'unsupported_media_type', 'payload_too_large'] as const;

export function webhookRoutes(
  app: FastifyInstance,
  { redis, settings, outbound, clock = systemClock }: ApiDependencies & { clock?: Clock },
): void {
  const endpoints = createWebhookEndpoints({ redis, prefix: settings.REDIS_PREFIX, clock });
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
          201: json('It is told of what happens from now on.', CreatedWebhook),
          ...problemResponses(
            ...([
              'validation_failed',
              'foreign_origin',
              'url_refused',
              'too_many_webhooks',
            ] as const),
            ...ofBody,
            ...common,
          ),
        },
      },
    },
    async (request, reply) => {
      const { tenant } = request.access;
      const { href: url } = outbound.checkUrl(request.body.url);
      const { webhook, secret } = await withinDeadline(redis, () =>
        endpoints.create(tenant, { ...request.body, url }),
      );
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
          200: json('All of them, oldest first.', Type.Object({ data: Type.Array(Webhook) })),
          ...problemResponses(...common),
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return { data: await withinDeadline(redis, () => endpoints.list(request.access.tenant)) };
    },
  );

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
          200: json('It never changes.', Type.Object({ secret: WebhookSecret })),
          ...problemResponses(...common),
        },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      const { tenant } = request.access;
      return { secret: await withinDeadline(redis, () => endpoints.tenantSecret(tenant)) };
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
        response: { 200: json('How it does.', Webhook), ...problemResponses(...ofOne) },
      },
    },
    async ({ access: { tenant }, params: { id } }, reply) => {
      reply.header('cache-control', 'no-store');
      return withinDeadline(redis, () => endpoints.get(tenant, id));
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
          200: json('As it is now.', Webhook),
          ...problemResponses('foreign_origin', 'url_refused', ...ofBody, ...ofOne),
        },
      },
    },
    async ({ access: { tenant }, params: { id }, body }) => {
      const url = body.url === undefined ? undefined : outbound.checkUrl(body.url).href;
      return withinDeadline(redis, () => endpoints.update(tenant, id, { ...body, url }));
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
          204: { description: 'It is gone.' },
          ...problemResponses('foreign_origin', ...ofOne),
        },
      },
    },
    async ({ access: { tenant }, params: { id } }, reply) => {
      await withinDeadline(redis, () => endpoints.delete(tenant, id));
      return reply.code(204).send();
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
          200: json('The new secret.', RotatedSecret),
          ...problemResponses('foreign_origin', ...ofOne),
        },
      },
    },
    async ({ access: { tenant }, params: { id } }, reply) => {
      reply.header('cache-control', 'no-store');
      const { secret, previousValidUntilMs } = await withinDeadline(redis, () =>
        endpoints.rotateSecret(tenant, id),
      );
      return { secret, previous_valid_until: new Date(previousValidUntilMs).toISOString() };
    },
  );
}
