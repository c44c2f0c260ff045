// What changes a delivery in Redis, each one atomic step: what it is given and what it answers.
import { WebhookDelivery } from '@caption-queue/contract/webhooks';
import { fields, flag, integer, json, oneOf, optional, text } from '@caption-queue/redis/codecs';
import { defineScript } from '@caption-queue/redis/script';
import createDeliveryLua from './lua/create-delivery.lua';
import delivery from './lua/delivery.lua';
import dropDeliveryLua from './lua/drop-delivery.lua';
import recordAttemptLua from './lua/record-attempt.lua';
import replayLua from './lua/replay.lua';

const common = {
  include: [delivery],
  keys: ['delivery', 'deliveries', 'ended', 'waiting', 'outbox', 'webhook'] as const,
};
const deliveryArgs = { id: text, lane: text };
const status = oneOf(...WebhookDelivery.properties.status.enum);
export type DeliveryKey = (typeof common.keys)[number];

export const CREATE_DELIVERY = defineScript({
  ...common,
  name: 'create-delivery',
  lua: createDeliveryLua,
  args: { ...deliveryArgs, now: integer, mostWaiting: integer, send: flag, fields },
  replies: { created: {}, exists: { status }, full: {}, gone: {} },
});

export const RECORD_ATTEMPT = defineScript({
  ...common,
  name: 'record-attempt',
  lua: recordAttemptLua,
  args: {
    ...deliveryArgs,
    round: integer,
    now: integer,
    /** JSON. */
    attempt: optional(text),
    mostAttempts: integer,
    status,
    /** Of one that stays pending. */
    nextAttemptAt: optional(integer),
    retentionSeconds: integer,
    /** That ended and are kept, of its receiver. */
    mostEnded: integer,
  },
  replies: { stale: {}, gone: {}, ok: { surplus: optional(json<string[]>()) } },
});

export const DROP_DELIVERY = defineScript({
  ...common,
  name: 'drop-delivery',
  lua: dropDeliveryLua,
  args: deliveryArgs,
  replies: { ok: {} },
});

export const REPLAY = defineScript({
  ...common,
  name: 'replay',
  lua: replayLua,
  args: { ...deliveryArgs, now: integer },
  replies: { absent: {}, ok: {} },
});
