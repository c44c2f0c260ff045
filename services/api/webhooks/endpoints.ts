// Where webhooks go to: the endpoints of each tenant and their secrets, in Redis.
import { randomBytes } from 'node:crypto';
import { DomainError } from '@caption-queue/contract/errors';
import {
  type DisabledReason,
  type Webhook,
  type WebhookEventType,
  webhookEventTypes,
} from '@caption-queue/contract/webhooks';
import { buildKeys } from '@caption-queue/redis/keys';
import { runScript } from '@caption-queue/redis/script';
import type { Redis } from 'ioredis';
import type { Clock } from './clock.ts';
import { FAILING_LIMIT_MS } from './schedule.ts';
import { CREATE_ENDPOINT, DELETE_ENDPOINT, NOTE_HEALTH, UPDATE_ENDPOINT } from './scripts.ts';
import { createSecret } from './signature.ts';

/** Each event is sent to all of them. */
export const MAX_WEBHOOKS_PER_TENANT = 50;
/** After a rotation the old secret signs as well for this long. */
const ROTATION_MS = 24 * 3_600_000;

/** What may be changed. */
export interface WebhookChange {
  url?: string | undefined;
  events?: readonly WebhookEventType[] | undefined;
  description?: string | undefined;
  enabled?: boolean | undefined;
}

/** An endpoint as deliveries need it. */
export interface DeliveryTarget {
  url: string;
  enabled: boolean;
  /** Newest first; each signs. */
  secrets: string[];
}

export interface WebhookEndpoints {
  /** @throws DomainError `too_many_webhooks` */
  create(
    tenant: string,
    choices: { url: string } & WebhookChange,
  ): Promise<{ webhook: Webhook; secret: string }>;
  /** Oldest first. */
  list(tenant: string): Promise<Webhook[]>;
  /** @throws DomainError `not_found`, also for another tenant's */
  get(tenant: string, id: string): Promise<Webhook>;
  /** Enabling forgets past failures. @throws DomainError `not_found` */
  update(tenant: string, id: string, change: WebhookChange): Promise<Webhook>;
  /** @throws DomainError `not_found` */
  delete(tenant: string, id: string): Promise<void>;
  /** @throws DomainError `not_found` */
  rotateSecret(
    tenant: string,
    id: string,
  ): Promise<{ secret: string; previousValidUntilMs: number }>;
  /** The secret that signs what goes to a caption's own URL; made when it is first asked for. */
  tenantSecret(tenant: string): Promise<string>;
  /** @returns undefined when it was deleted */
  target(id: string): Promise<DeliveryTarget | undefined>;
  /** Notes how an attempt went. @returns why this has just disabled the endpoint, if it has */
  noteHealth(id: string, health: 'success' | 'failure' | 'gone'): Promise<DisabledReason | null>;
}

export function createWebhookEndpoints(options: {
  redis: Redis;
  prefix: string;
  clock: Clock;
}): WebhookEndpoints {
  const { redis, prefix, clock } = options;
  const keys = buildKeys(prefix);

  async function get(tenant: string, id: string): Promise<Webhook> {
    const hash = await redis.hgetall(keys.webhook(id));
    if (hash.tenant !== tenant) throw noSuchWebhook(id);
    return toWebhook(hash);
  }

  async function write(tenant: string, id: string, fields: Record<string, string>): Promise<void> {
    const reply = await runScript(redis, UPDATE_ENDPOINT, {
      keys: [keys.webhook(id)],
      args: [tenant, ...Object.entries(fields).flat()],
    });
    if (reply.text(0) === 'absent') throw noSuchWebhook(id);
  }

  return {
    get,

    async create(tenant, { url, events = webhookEventTypes, description = '' }) {
      const id = `we_${randomBytes(16).toString('hex')}`;
      const secret = createSecret();
      const fields = {
        url,
        events: JSON.stringify(events),
        description,
        enabled: '1',
        created_at: String(clock.now()),
        secret,
      };
      const reply = await runScript(redis, CREATE_ENDPOINT, {
        keys: [keys.webhook(id), keys.webhooks(tenant), keys.subscribers],
        args: [id, tenant, MAX_WEBHOOKS_PER_TENANT, ...Object.entries(fields).flat()],
      });
      if (reply.text(0) === 'full') {
        throw new DomainError(
          'too_many_webhooks',
          `There are ${MAX_WEBHOOKS_PER_TENANT} webhooks already; delete one that is not needed.`,
        );
      }
      return { webhook: toWebhook({ id, tenant, ...fields }), secret };
    },

    async list(tenant) {
      const ids = await redis.smembers(keys.webhooks(tenant));
      const hashes = await Promise.all(ids.map((id) => redis.hgetall(keys.webhook(id))));
      return hashes
        .filter((hash) => hash.id !== undefined)
        .sort((a, b) => Number(a.created_at) - Number(b.created_at))
        .map(toWebhook);
    },

    async update(tenant, id, { url, events, description, enabled }) {
      await write(tenant, id, {
        ...(url !== undefined && { url }),
        ...(events !== undefined && { events: JSON.stringify(events) }),
        ...(description !== undefined && { description }),
        ...(enabled === true && { enabled: '1', disabled_reason: '', failing_since: '' }),
        ...(enabled === false && { enabled: '0', disabled_reason: 'requested' }),
      });
      return get(tenant, id);
    },

    async delete(tenant, id) {
      const lane = [keys.lane(id), keys.leases(id), keys.deliveries(id), keys.deliveriesEnded(id)];
      const reply = await runScript(redis, DELETE_ENDPOINT, {
        keys: [
          keys.webhook(id),
          keys.webhooks(tenant),
          keys.subscribers,
          keys.deliveriesWaiting,
          ...lane,
        ],
        args: [id, tenant],
      });
      if (reply.text(0) === 'absent') throw noSuchWebhook(id);
    },

    async rotateSecret(tenant, id) {
      const [owner, previous] = await redis.hmget(keys.webhook(id), 'tenant', 'secret');
      if (owner !== tenant) throw noSuchWebhook(id);
      const secret = createSecret();
      const previousValidUntilMs = clock.now() + ROTATION_MS;
      await write(tenant, id, {
        secret,
        previous_secret: previous ?? '',
        previous_until: String(previousValidUntilMs),
      });
      return { secret, previousValidUntilMs };
    },

    async tenantSecret(tenant) {
      const key = keys.webhookSecret(tenant);
      return (await redis.get(key)) ?? (await setOnce(redis, key, createSecret()));
    },

    async target(id) {
      const hash = await redis.hgetall(keys.webhook(id));
      if (hash.url === undefined || hash.secret === undefined) return undefined;
      const { url, secret, previous_secret: previous } = hash;
      const both = previous !== undefined && Number(hash.previous_until) > clock.now();
      return {
        url,
        enabled: hash.enabled === '1',
        secrets: both ? [secret, previous] : [secret],
      };
    },

    async noteHealth(id, health) {
      const reply = await runScript(redis, NOTE_HEALTH, {
        keys: [keys.webhook(id)],
        args: [health, clock.now(), FAILING_LIMIT_MS],
      });
      return reply.text(0) === 'disabled' ? (reply.text(1) as DisabledReason) : null;
    },
  };
}

/** @returns what stands there in the end, be it another's */
async function setOnce(redis: Redis, key: string, value: string): Promise<string> {
  await redis.set(key, value, 'NX');
  return (await redis.get(key)) ?? value;
}

function toWebhook(hash: Record<string, string>): Webhook {
  return {
    id: hash.id ?? '',
    url: hash.url ?? '',
    events: JSON.parse(hash.events ?? '[]') as Webhook['events'],
    description: hash.description ?? '',
    enabled: hash.enabled === '1',
    disabled_reason: (hash.disabled_reason as DisabledReason | undefined) ?? null,
    failing_since: hash.failing_since ? new Date(Number(hash.failing_since)).toISOString() : null,
    created_at: new Date(Number(hash.created_at)).toISOString(),
  };
}

function noSuchWebhook(id: string): DomainError {
  return new DomainError('not_found', `There is no webhook ${id}.`);
}
