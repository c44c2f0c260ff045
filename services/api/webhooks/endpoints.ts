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
import {
  CREATE_ENDPOINT,
  DELETE_ENDPOINT,
  NOTE_HEALTH,
  ROTATE_SECRET,
  UPDATE_ENDPOINT,
} from './endpoint-scripts.ts';
import { type Clock, FAILING_LIMIT_MS } from './schedule.ts';
import { createSecret } from './signature.ts';

/** Each event is sent to all of them. */
export const MAX_WEBHOOKS_PER_TENANT = 50;
/** After a rotation the secret before signs as well for this long. */
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
      const { kind } = await runScript(redis, CREATE_ENDPOINT, {
        keys: {
          webhook: keys.webhook(id),
          ofTenant: keys.webhooks(tenant),
          subscribers: keys.subscribers,
        },
        args: { id, tenant, most: MAX_WEBHOOKS_PER_TENANT, fields },
      });
      if (kind === 'full') {
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
      const fields = {
        url,
        events: events && JSON.stringify(events),
        description: description || undefined,
        enabled: enabled === undefined ? undefined : enabled ? '1' : '0',
        disabled_reason: enabled === false ? 'requested' : undefined,
      };
      const cleared = [
        ...(description === '' ? ['description'] : []),
        ...(enabled === true ? ['disabled_reason', 'failing_since'] : []),
      ];
      const { kind } = await runScript(redis, UPDATE_ENDPOINT, {
        keys: { webhook: keys.webhook(id) },
        args: { tenant, fields, cleared },
      });
      if (kind === 'absent') throw noSuchWebhook(id);
      return get(tenant, id);
    },

    async delete(tenant, id) {
      const { kind } = await runScript(redis, DELETE_ENDPOINT, {
        keys: {
          webhook: keys.webhook(id),
          ofTenant: keys.webhooks(tenant),
          subscribers: keys.subscribers,
          waiting: keys.deliveriesWaiting,
          lane: keys.lane(id),
          leases: keys.leases(id),
          deliveries: keys.deliveries(id),
          ended: keys.deliveriesEnded(id),
        },
        args: { id, tenant },
      });
      if (kind === 'absent') throw noSuchWebhook(id);
    },

    async rotateSecret(tenant, id) {
      const secret = createSecret();
      const now = clock.now();
      const previousValidUntilMs = now + ROTATION_MS;
      const { kind } = await runScript(redis, ROTATE_SECRET, {
        keys: { webhook: keys.webhook(id) },
        args: { tenant, secret, now, validUntil: previousValidUntilMs },
      });
      if (kind === 'absent') throw noSuchWebhook(id);
      return { secret, previousValidUntilMs };
    },

    async tenantSecret(tenant) {
      const key = keys.webhookSecret(tenant);
      return (await redis.get(key)) ?? (await setOnce(redis, key, createSecret()));
    },

    async target(id) {
      const hash = await redis.hgetall(keys.webhook(id));
      if (hash.url === undefined || hash.secret === undefined) return undefined;
      const { url, secret } = hash;
      const nowMs = clock.now();
      const previous = previousSecrets(hash).filter(({ validUntil }) => validUntil > nowMs);
      return {
        url,
        enabled: hash.enabled === '1',
        secrets: [secret, ...previous.map((one) => one.secret)],
      };
    },

    async noteHealth(id, health) {
      const reply = await runScript(redis, NOTE_HEALTH, {
        keys: { webhook: keys.webhook(id) },
        args: { health, now: clock.now(), limitMs: FAILING_LIMIT_MS },
      });
      return reply.kind === 'disabled' ? reply.reason : null;
    },
  };
}

/** @returns what stands there in the end, be it another's */
async function setOnce(redis: Redis, key: string, value: string): Promise<string> {
  await redis.set(key, value, 'NX');
  return (await redis.get(key)) ?? value;
}

/** Newest first; `validUntil` in milliseconds. Records of earlier releases have a single one, in two fields. */
function previousSecrets(hash: Record<string, string>): { secret: string; validUntil: number }[] {
  if (hash.previous_secrets !== undefined) return JSON.parse(hash.previous_secrets);
  if (hash.previous_secret === undefined) return [];
  return [{ secret: hash.previous_secret, validUntil: Number(hash.previous_until) }];
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
