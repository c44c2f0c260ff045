// What goes to receivers: each delivery's body, state and attempts, in Redis.

import { DomainError } from '@caption-queue/contract/errors';
import {
  TEST_EVENT_TYPE,
  type WebhookAttempt,
  type WebhookDelivery,
} from '@caption-queue/contract/webhooks';
import { buildKeys } from '@caption-queue/redis/keys';
import { runScript } from '@caption-queue/redis/script';
import type { Redis } from 'ioredis';
import {
  buildBody,
  type DeliveryInWork,
  laneOf,
  type NewDelivery,
  type Receiver,
  randomDeliveryId,
  toDelivery,
  toDeliveryInWork,
} from './delivery-record.ts';
import {
  CREATE_DELIVERY,
  type DeliveryKey,
  DROP_DELIVERY,
  RECORD_ATTEMPT,
  REPLAY,
} from './delivery-scripts.ts';
import type { Clock } from './schedule.ts';

/** Of one receiver. With bodies of 3 kB these are 30 MB; a receiver that is this far behind is lost anyway. */
const MAX_WAITING = 10_000;
/** Ended deliveries of one receiver that can be looked at and replayed. */
const MAX_ENDED = 1_000;
/** The lists of deliveries are kept for this long, see lua/delivery.lua. */
const MAX_RETENTION_SECONDS = 30 * 24 * 3_600;
/** A round has eight; each replay adds one. */
const MAX_ATTEMPTS_KEPT = 50;

export interface WebhookDeliveries {
  /**
   * Keeps a delivery; the same id again changes nothing.
   *
   * @param options.send also has its job added, by way of the outbox
   * @returns `full` when too many wait for this receiver, `gone` when the endpoint was deleted: then it is not kept
   */
  create(
    delivery: NewDelivery,
    options?: { send?: boolean },
  ): Promise<'created' | 'pending' | 'ended' | 'full' | 'gone'>;
  /** Sends an event that tries an endpoint out, in one attempt. @throws DomainError `not_found` */
  sendTest(tenant: string, webhookId: string): Promise<WebhookDelivery>;
  /** @returns undefined when it was deleted by retention */
  read(id: string): Promise<DeliveryInWork | undefined>;
  /** Forgets one whose endpoint is gone. */
  drop(delivery: DeliveryInWork): Promise<void>;
  /**
   * @param options.attempt undefined when it ends without one
   * @param options.nextAttemptAtMs undefined when it ends
   */
  record(
    delivery: DeliveryInWork,
    options: {
      attempt: WebhookAttempt | undefined;
      status: WebhookDelivery['status'];
      nextAttemptAtMs?: number | undefined;
    },
  ): Promise<void>;
  /** Of an endpoint, newest first. @param options.after as `next` of the page before */
  list(
    webhookId: string,
    options: { limit: number; after?: string | undefined },
  ): Promise<{ deliveries: WebhookDelivery[]; next: string | null }>;
  /** @throws DomainError `not_found`, also for another endpoint's */
  get(webhookId: string, id: string): Promise<WebhookDelivery>;
  /** Begins anew and at once, with the same id and body. @throws DomainError `not_found` */
  replay(webhookId: string, id: string): Promise<WebhookDelivery>;
  /** How many haven't ended, over all receivers. */
  countWaiting(): Promise<number>;
}

/** @param options.retentionSeconds how long an ended delivery can be looked at; at most 30 days */
export function createWebhookDeliveries(options: {
  redis: Redis;
  prefix: string;
  clock: Clock;
  retentionSeconds: number;
}): WebhookDeliveries {
  const { redis, prefix, clock } = options;
  const retentionSeconds = Math.min(options.retentionSeconds, MAX_RETENTION_SECONDS);
  const keys = buildKeys(prefix);

  function scriptKeys(delivery: {
    id: string;
    lane: string;
    receiver: Receiver;
  }): Record<DeliveryKey, string | undefined> {
    const { id, lane, receiver } = delivery;
    return {
      delivery: keys.delivery(id),
      deliveries: keys.deliveries(lane),
      ended: keys.deliveriesEnded(lane),
      waiting: keys.deliveriesWaiting,
      outbox: keys.outbox,
      webhook: 'webhookId' in receiver ? keys.webhook(receiver.webhookId) : undefined,
    };
  }

  const create: WebhookDeliveries['create'] = async (
    { id, tenant, receiver, type, body },
    { send = false } = {},
  ) => {
    const lane = laneOf(tenant, receiver);
    const url = 'url' in receiver ? receiver.url : undefined;
    const reply = await runScript(redis, CREATE_DELIVERY, {
      keys: scriptKeys({ id, lane, receiver }),
      args: {
        id,
        lane,
        now: clock.now(),
        mostWaiting: MAX_WAITING,
        send,
        fields: { tenant, type, body, url },
      },
    });
    if (reply.kind !== 'exists') return reply.kind;
    return reply.status === 'pending' ? 'pending' : 'ended';
  };

  async function get(webhookId: string, id: string): Promise<WebhookDelivery> {
    const hash = await redis.hgetall(keys.delivery(id));
    if (hash.lane !== webhookId) throw noSuchDelivery(id);
    return toDelivery(hash);
  }

  return {
    get,

    create,

    async sendTest(tenant, webhookId) {
      const id = randomDeliveryId();
      const type = TEST_EVENT_TYPE;
      const body = buildBody({ type, atMs: clock.now(), data: { webhook_id: webhookId } });
      await create({ id, tenant, receiver: { webhookId }, type, body }, { send: true });
      return get(webhookId, id);
    },

    read: async (id) => toDeliveryInWork(await redis.hgetall(keys.delivery(id))),

    async drop(delivery) {
      const { id, lane } = delivery;
      await runScript(redis, DROP_DELIVERY, { keys: scriptKeys(delivery), args: { id, lane } });
    },

    async record(delivery, { attempt, status, nextAttemptAtMs }) {
      const { id, lane, round } = delivery;
      const reply = await runScript(redis, RECORD_ATTEMPT, {
        keys: scriptKeys(delivery),
        args: {
          id,
          lane,
          round,
          now: clock.now(),
          attempt: attempt && JSON.stringify(attempt),
          mostAttempts: MAX_ATTEMPTS_KEPT,
          status,
          nextAttemptAt: nextAttemptAtMs,
          retentionSeconds,
          mostEnded: MAX_ENDED,
        },
      });
      if (reply.kind !== 'ok' || reply.surplus === undefined) return;
      await redis.del(reply.surplus.map((old) => keys.delivery(old)));
    },

    async list(webhookId, { limit, after }) {
      const lane = keys.deliveries(webhookId);
      const rank = after === undefined ? -1 : await redis.zrevrank(lane, after);
      if (rank === null) return { deliveries: [], next: null };
      const ids = await redis.zrevrange(lane, rank + 1, rank + limit);
      const hashes = await Promise.all(ids.map((id) => redis.hgetall(keys.delivery(id))));
      return {
        deliveries: hashes.filter((hash) => hash.id !== undefined).map(toDelivery),
        next: ids.length === limit ? (ids.at(-1) ?? null) : null,
      };
    },

    async replay(webhookId, id) {
      const lane = await redis.hget(keys.delivery(id), 'lane');
      if (lane !== webhookId) throw noSuchDelivery(id);
      const { kind } = await runScript(redis, REPLAY, {
        keys: scriptKeys({ id, lane, receiver: { webhookId } }),
        args: { id, lane, now: clock.now() },
      });
      if (kind === 'absent') throw noSuchDelivery(id);
      return get(webhookId, id);
    },

    async countWaiting() {
      const counts = await redis.hvals(keys.deliveriesWaiting);
      return counts.reduce((sum, count) => sum + Number(count), 0);
    },
  };
}

function noSuchDelivery(id: string): DomainError {
  return new DomainError('not_found', `There is no delivery ${id} of this webhook.`);
}
