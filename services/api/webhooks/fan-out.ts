// What happened → one delivery for each receiver that wants to know.

import { parseBatch } from '@caption-queue/captions/batch-record';
import { parseRecord } from '@caption-queue/captions/record';
import { TEST_EVENT_TYPE, type WebhookEventType } from '@caption-queue/contract/webhooks';
import type { Logger } from '@caption-queue/runtime/logger';
import { toBatch, toCaption } from '../captions/resource.ts';
import { buildBody, buildCaptionBody } from './body.ts';
import type { WebhookDeliveries } from './deliveries.ts';
import { deliveryIdOf, type Receiver } from './delivery-record.ts';
import type { WebhookEndpoints } from './endpoints.ts';
import type { WebhookMetrics } from './metrics.ts';

/**
 * An entry of the outbox: `event` is a type of event, the rest the fields of the caption's or the batch's record.
 */
export type Happening = Record<string, string> & { event: WebhookEventType };

/**
 * Keeps the deliveries of a happening; the same one again changes nothing.
 *
 * @param options.id of the outbox's entry
 * @returns ids of those that wait for their first attempt
 */
export async function fanOut(
  happening: Happening,
  options: {
    id: string;
    endpoints: WebhookEndpoints;
    deliveries: WebhookDeliveries;
    publicUrl: string | undefined;
    metrics: WebhookMetrics;
    logger: Logger;
  },
): Promise<string[]> {
  const { id, endpoints, deliveries, publicUrl, metrics, logger } = options;
  const { event: type, tenant = '' } = happening;
  const webhooks = await endpoints.list(tenant);
  const receivers: Receiver[] = webhooks
    .filter(({ enabled, events }) => enabled && events.includes(type))
    .map((webhook) => ({ webhookId: webhook.id }));
  if (happening.webhook && wants(happening.webhook_events_filter, type)) {
    receivers.push({ url: happening.webhook });
  }
  if (receivers.length === 0) return [];

  const body = bodyOf(happening, publicUrl);
  const kept = await Promise.all(
    receivers.map(async (receiver) => {
      const deliveryId = deliveryIdOf(id, receiver);
      const outcome = await deliveries.create({ id: deliveryId, tenant, receiver, type, body });
      if (outcome === 'full') {
        metrics.ended('discarded');
        logger.warn(
          { tenant, type, ...toLog(receiver) },
          'not delivered: too many wait for this receiver',
        );
      }
      return outcome === 'created' || outcome === 'pending' ? [deliveryId] : [];
    }),
  );
  return kept.flat();
}

export function testBody(webhookId: string, atMs: number): string {
  return buildBody({ type: TEST_EVENT_TYPE, atMs, data: { webhook_id: webhookId } });
}

/** A caption's own URL may hold a secret. */
function toLog(receiver: Receiver): object {
  return 'url' in receiver ? { origin: new URL(receiver.url).origin } : receiver;
}

function wants(filter: string | undefined, type: WebhookEventType): boolean {
  return filter === undefined || (JSON.parse(filter) as string[]).includes(type);
}

function bodyOf(happening: Happening, publicUrl: string | undefined): string {
  const { event: type, tenant = '' } = happening;
  if (type === 'batch.completed') {
    const batch = parseBatch(happening);
    if (batch === undefined) throw new Error(`The outbox has a ${type} without a batch.`);
    const atMs = Number(happening.completed_at);
    return buildBody({ type, atMs, data: toBatch(batch, { publicUrl }) });
  }
  const record = parseRecord(happening);
  if (record === undefined) throw new Error(`The outbox has a ${type} without a record.`);
  const atMs = Number(happening.completed_at);
  return buildCaptionBody({ type, atMs, data: toCaption({ ...record, tenant }, { publicUrl }) });
}
