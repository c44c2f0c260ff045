// A delivery's record: what goes to one receiver, and how it went.
import { createHash, randomBytes } from 'node:crypto';
import type { WebhookAttempt, WebhookDelivery } from '@caption-queue/contract/webhooks';

/** Who receives: a tenant's endpoint, or the URL that a caption came with. */
export type Receiver = { webhookId: string } | { url: string };

export interface NewDelivery {
  id: string;
  tenant: string;
  receiver: Receiver;
  type: string;
  body: string;
}

/** A delivery as its worker needs it. */
export interface DeliveryInWork {
  id: string;
  tenant: string;
  lane: string;
  receiver: Receiver;
  type: string;
  body: string;
  status: WebhookDelivery['status'];
  round: number;
  /** Attempts in this round. */
  tries: number;
  nextAttemptAtMs: number;
}

/**
 * The same for the same event and receiver, so that an event that is handled twice is sent once.
 *
 * @param entryId of the event in the outbox
 */
export function deliveryIdOf(entryId: string, receiver: Receiver): string {
  const to = 'url' in receiver ? receiver.url : receiver.webhookId;
  return `msg_${digest(`${entryId}\n${to}`)}`;
}

export function randomDeliveryId(): string {
  return `msg_${randomBytes(16).toString('hex')}`;
}

/** @returns the body of a delivery as JSON: a snapshot, so that nothing that happens later changes or empties it */
export function buildBody(options: { type: string; atMs: number; data: unknown }): string {
  const { type, atMs, data } = options;
  const timestamp = new Date(atMs).toISOString();
  return JSON.stringify({ type, timestamp, data });
}

/** A caption's own URL often differs for each caption; who is slow is the server behind it. */
export function laneOf(tenant: string, receiver: Receiver): string {
  if ('webhookId' in receiver) return receiver.webhookId;
  return `url_${digest(`${tenant}\n${new URL(receiver.url).origin}`)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

export function toDelivery(hash: Record<string, string>): WebhookDelivery {
  const attempts = Object.entries(hash)
    .filter(([name]) => name.startsWith('attempt_'))
    .sort(([a], [b]) => Number(a.slice(8)) - Number(b.slice(8)))
    .map(([, json]) => JSON.parse(json) as WebhookAttempt);
  return {
    id: hash.id ?? '',
    type: hash.type ?? '',
    status: hash.status as WebhookDelivery['status'],
    created_at: new Date(Number(hash.created_at)).toISOString(),
    completed_at: timeOrNull(hash.completed_at),
    next_attempt_at: timeOrNull(hash.next_attempt_at),
    attempts,
  };
}

/** @returns undefined when there is none */
export function toDeliveryInWork(hash: Record<string, string>): DeliveryInWork | undefined {
  const { id, tenant, lane, type, body, url } = hash;
  if (id === undefined || tenant === undefined || lane === undefined || body === undefined) {
    return undefined;
  }
  return {
    id,
    tenant,
    lane,
    receiver: url === undefined ? { webhookId: lane } : { url },
    type: type ?? '',
    body,
    status: hash.status as WebhookDelivery['status'],
    round: Number(hash.round),
    tries: Number(hash.tries),
    nextAttemptAtMs: Number(hash.next_attempt_at ?? 0),
  };
}

function timeOrNull(ms: string | undefined): string | null {
  return ms === undefined ? null : new Date(Number(ms)).toISOString();
}
