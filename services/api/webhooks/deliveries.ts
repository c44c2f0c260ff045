// What goes to receivers: each delivery's body, state and attempts, in Redis.

import { DomainError } from '@caption-queue/contract/errors';
import type { WebhookAttempt, WebhookDelivery } from '@caption-queue/contract/webhooks';
import { buildKeys } from '@caption-queue/redis/keys';
import { runScript, type Script, type ScriptArgument } from '@caption-queue/redis/script';
import type { Redis } from 'ioredis';
import type { Clock } from './clock.ts';
import {
  type DeliveryInWork,
  laneOf,
  type NewDelivery,
  toDelivery,
  toDeliveryInWork,
} from './delivery-record.ts';
import { CREATE_DELIVERY, LOG_EXPIRY_SECONDS, RECORD_ATTEMPT, REPLAY } from './scripts.ts';

/** Of one receiver. With bodies of 3 kB these are 30 MB; a receiver that is this far behind is lost anyway. */
const MAX_WAITING = 10_000;
/** Ended deliveries of one receiver that can be looked at and replayed. */
const MAX_ENDED = 1_000;
/** A round has eight; each replay adds one. */
const MAX_ATTEMPTS_KEPT = 50;

export interface WebhookDeliveries {
  /**
   * Keeps a delivery; the same id again changes nothing.
   *
   * @param options.send also has its job added, by way of the outbox
   * @returns `full` when too many wait for this receiver: then it is not kept
   */
  create(
    delivery: NewDelivery,
    options?: { send?: boolean },
  ): Promise<'created' | 'pending' | 'ended' | 'full'>;
  /** @returns undefined when it was deleted by retention */
  read(id: string): Promise<DeliveryInWork | undefined>;
  /** Forgets one whose endpoint is gone. */
  drop(id: string): Promise<void>;
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
  const retentionSeconds = Math.min(options.retentionSeconds, LOG_EXPIRY_SECONDS);
  const keys = buildKeys(prefix);

  function run(script: Script, delivery: { id: string; lane: string }, ...args: ScriptArgument[]) {
    const { id, lane } = delivery;
    return runScript(redis, script, {
      keys: [
        keys.delivery(id),
        keys.deliveries(lane),
        keys.deliveriesEnded(lane),
        keys.deliveriesWaiting,
        keys.outbox,
      ],
      args: [id, lane, ...args],
    });
  }

  async function get(webhookId: string, id: string): Promise<WebhookDelivery> {
    const hash = await redis.hgetall(keys.delivery(id));
    if (hash.lane !== webhookId) throw noSuchDelivery(id);
    return toDelivery(hash);
  }

  return {
    get,

    async create({ id, tenant, receiver, type, body }, { send = false } = {}) {
      const fields = { tenant, type, body, ...('url' in receiver ? { url: receiver.url } : {}) };
      const reply = await run(
        CREATE_DELIVERY,
        { id, lane: laneOf(tenant, receiver) },
        clock.now(),
        MAX_WAITING,
        send ? 'send' : '',
        ...Object.entries(fields).flat(),
      );
      const kind = reply.text(0);
      if (kind === 'exists') return reply.text(1) === 'pending' ? 'pending' : 'ended';
      return kind === 'full' ? 'full' : 'created';
    },

    read: async (id) => toDeliveryInWork(await redis.hgetall(keys.delivery(id))),

    async drop(id) {
      await redis.del(keys.delivery(id));
    },

    async record(delivery, { attempt, status, nextAttemptAtMs }) {
      const reply = await run(
        RECORD_ATTEMPT,
        delivery,
        delivery.round,
        clock.now(),
        attempt === undefined ? '' : JSON.stringify(attempt),
        MAX_ATTEMPTS_KEPT,
        status,
        nextAttemptAtMs ?? '',
        retentionSeconds,
        MAX_ENDED,
      );
      const old = Array.from({ length: reply.length - 1 }, (_, n) => reply.text(n + 1));
      if (old.length > 0) await redis.del(old.map((id) => keys.delivery(id)));
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
      const reply = await run(REPLAY, { id, lane }, clock.now());
      if (reply.text(0) === 'absent') throw noSuchDelivery(id);
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
