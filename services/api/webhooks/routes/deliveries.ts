// /v1/webhooks/{id}/deliveries: what was sent to an endpoint and how it went; trying it out, and sending again.

import { DomainError } from '@caption-queue/contract/errors';
import {
  DeliveryId,
  TEST_EVENT_TYPE,
  WebhookDelivery,
  WebhookId,
} from '@caption-queue/contract/webhooks';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ApiDependencies } from '../../dependencies.ts';
import { jsonResponse, problemResponses } from '../../http/openapi.ts';
import { WebhookParams } from './endpoints.ts';

const DEFAULT_LIMIT = 20;
const MAX_LIMIT = 100;

const Page = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: MAX_LIMIT, default: DEFAULT_LIMIT }),
    cursor: Type.String({ ...DeliveryId, description: '`next_cursor` of the page before.' }),
  },
  { additionalProperties: false },
);
const DeliveryParams = Type.Object({ id: WebhookId, delivery: DeliveryId });

const ofOne = ['validation_failed', 'not_found'] as const;

/** How the description's reader gets from an answer to sending again. @param pointer to the delivery's id in it */
const replayOf = (pointer: string) => ({
  operationId: 'replayWebhookDelivery',
  parameters: { id: '$request.path.id', delivery: `$response.body#${pointer}` },
});

export function webhookDeliveryRoutes(
  app: FastifyInstance,
  { webhooks: { endpoints, deliveries } }: Pick<ApiDependencies, 'webhooks'>,
): void {
  const tags = ['webhooks'];
  const config = { scope: 'webhooks' } as const;

  async function enabledWebhook(tenant: string, id: string): Promise<void> {
    const { enabled } = await endpoints.get(tenant, id);
    if (!enabled) {
      throw new DomainError(
        'webhook_disabled',
        'Nothing is sent to a disabled webhook; enable it first.',
      );
    }
  }

  app.post<{ Params: { id: string } }>(
    '/v1/webhooks/:id/test',
    {
      config,
      schema: {
        tags,
        operationId: 'testWebhook',
        summary: 'Send a test event',
        description: `One attempt to deliver an event of type \`${TEST_EVENT_TYPE}\`.`,
        params: WebhookParams,
        response: {
          202: jsonResponse('It is on its way; its delivery says how it went.', WebhookDelivery),
          ...problemResponses('webhook_disabled', ...ofOne),
        },
      },
      links: { 202: { replay: replayOf('/id') } },
    },
    async ({ access: { tenant }, params: { id } }, reply) => {
      reply.code(202);
      await enabledWebhook(tenant, id);
      return deliveries.sendTest(tenant, id);
    },
  );

  app.get<{ Params: { id: string }; Querystring: Partial<Type.Static<typeof Page>> }>(
    '/v1/webhooks/:id/deliveries',
    {
      config,
      schema: {
        tags,
        operationId: 'listWebhookDeliveries',
        summary: 'List what was sent to a webhook',
        params: WebhookParams,
        querystring: Type.Partial(Page),
        response: {
          200: jsonResponse(
            'Newest first. The last 1,000 that ended are kept, for as long as captions are.',
            Type.Object({
              data: Type.Array(WebhookDelivery),
              next_cursor: Type.Union([DeliveryId, Type.Null()]),
            }),
          ),
          ...problemResponses(...ofOne),
        },
      },
      links: { 200: { replay: replayOf('/data/0/id') } },
    },
    async ({ access: { tenant }, params: { id }, query }, reply) => {
      reply.header('cache-control', 'no-store');
      const { limit = DEFAULT_LIMIT, cursor } = query;
      await endpoints.get(tenant, id);
      const page = await deliveries.list(id, { limit, after: cursor });
      return { data: page.deliveries, next_cursor: page.next };
    },
  );

  app.post<{ Params: { id: string; delivery: string } }>(
    '/v1/webhooks/:id/deliveries/:delivery/replay',
    {
      config,
      schema: {
        tags,
        operationId: 'replayWebhookDelivery',
        summary: 'Send a delivery again',
        description: 'At once, with the same id and body, and with the same retries as before.',
        params: DeliveryParams,
        response: {
          202: jsonResponse('It is on its way.', WebhookDelivery),
          ...problemResponses('webhook_disabled', ...ofOne),
        },
      },
    },
    async ({ access: { tenant }, params: { id, delivery } }, reply) => {
      reply.code(202);
      await enabledWebhook(tenant, id);
      return deliveries.replay(id, delivery);
    },
  );
}
