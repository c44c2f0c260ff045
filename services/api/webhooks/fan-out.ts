// An event → one delivery for each receiver that wants it.

import { parseBatch } from '@caption-queue/captions/batch-record';
import { parseRecord } from '@caption-queue/captions/record';
import type { Caption } from '@caption-queue/contract/caption';
import { MAX_WEBHOOK_BODY_BYTES, type WebhookEventType } from '@caption-queue/contract/webhooks';
import { isRedisTrouble } from '@caption-queue/redis/errors';
import type { Logger } from '@caption-queue/runtime/logger';
import { toBatch, toCaption } from '../captions/resource.ts';
import type { WebhookDeliveries } from './deliveries.ts';
import { buildBody, deliveryIdOf, type Receiver } from './delivery-record.ts';
import type { WebhookEndpoints } from './endpoints.ts';
import type { WebhookMetrics } from './metrics.ts';

/** An entry of the outbox: `event` is its type, the rest the fields of the caption's or the batch's record. */
export type OutboxEvent = Record<string, string> & { event: WebhookEventType };

/**
 * Keeps the deliveries of an event; the same one again changes nothing.
 *
 * @param options.id of the outbox's entry
 * @returns ids of those that wait for their first attempt
 */
export async function fanOut(
  event: OutboxEvent,
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
  const { event: type, tenant = '' } = event;
  const webhooks = await endpoints.list(tenant);
  const receivers: Receiver[] = webhooks
    .filter(({ enabled, events }) => enabled && events.includes(type))
    .map((webhook) => ({ webhookId: webhook.id }));
  if (event.webhook && wants(event.webhook_events_filter, type)) {
    receivers.push({ url: event.webhook });
  }
  if (receivers.length === 0) return [];

  const body = bodyOf(event, publicUrl);
  async function keep(receiver: Receiver): Promise<string[]> {
    const deliveryId = deliveryIdOf(id, receiver);
    const outcome = await deliveries.create({ id: deliveryId, tenant, receiver, type, body });
    if (outcome === 'full') {
      metrics.ended('discarded');
      logger.warn(
        { tenant, type, ...toLog(receiver) },
        'not delivered: too many wait for this receiver',
      );
    }
    // `gone`: the endpoint was deleted since the list was read.
    return outcome === 'created' || outcome === 'pending' ? [deliveryId] : [];
  }

  const kept = await Promise.all(
    receivers.map((receiver) =>
      keep(receiver).catch((error: unknown) => {
        if (isRedisTrouble(error)) throw error;
        // The others’ deliveries are kept, and need their jobs.
        metrics.ended('discarded');
        logger.error({ err: error, tenant, type }, 'not delivered: it cannot be kept');
        return [];
      }),
    ),
  );
  return kept.flat();
}

/** A caption's own URL may hold a secret. */
function toLog(receiver: Receiver): object {
  return 'url' in receiver ? { origin: new URL(receiver.url).origin } : receiver;
}

function wants(filter: string | undefined, type: WebhookEventType): boolean {
  return filter === undefined || (JSON.parse(filter) as string[]).includes(type);
}

function bodyOf(event: OutboxEvent, publicUrl: string | undefined): string {
  const { event: type, tenant = '' } = event;
  if (type === 'batch.completed') {
    const batch = parseBatch(event);
    if (batch === undefined) throw new Error(`The outbox has a ${type} without a batch.`);
    const atMs = Number(event.completed_at);
    return buildBody({ type, atMs, data: toBatch(batch, { publicUrl }) });
  }
  const record = parseRecord(event);
  if (record === undefined) throw new Error(`The outbox has a ${type} without a record.`);
  const atMs = Number(event.completed_at);
  return buildCaptionBody({ type, atMs, data: toCaption({ ...record, tenant }, { publicUrl }) });
}

/** @returns JSON under 20 kB: should it be too long, what the caption can do without is left out */
function buildCaptionBody(options: { type: string; atMs: number; data: Caption }): string {
  const { data } = options;
  const body = buildBody(options);
  if (Buffer.byteLength(body) < MAX_WEBHOOK_BODY_BYTES || data.output === null) return body;
  const output = { ...data.output, words: [], alternatives: [] };
  return buildBody({ ...options, data: { ...data, output } });
}
