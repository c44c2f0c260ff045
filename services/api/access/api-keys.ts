// API keys, `cq_<id>_<secret>`: what they may do, whom they belong to, and how the durable Redis keeps them. A secret is
// shown once, at creation; Redis holds its SHA-256.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { withinDeadline } from '@caption-queue/redis/deadline';
import { buildKeys } from '@caption-queue/redis/keys';
import type { Redis } from 'ioredis';
import Type from 'typebox';
import { Value } from 'typebox/value';

export const scopes = ['captions:read', 'captions:write', 'webhooks', 'admin'] as const;
export const Scope = Type.Enum(scopes, {
  description: 'What a key may do. `admin` does not include the others.',
});
export type Scope = Type.Static<typeof Scope>;

/** Whose captions and webhooks a service without keys has. */
export const DEFAULT_TENANT = 'default';

/** Part of names in Redis, so without separators. */
export const Tenant = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  description: 'Lower-case letters, digits and hyphens, at most 63.',
});

/** A key as it is kept: without its secret, of which only the SHA-256 is known. */
export const ApiKey = Type.Object({
  id: Type.String({ pattern: '^[0-9a-f]{16}$' }),
  tenant: Tenant,
  scopes: Type.Array(Scope, { minItems: 1 }),
  name: Type.String({ maxLength: 100, description: 'For people: where the key is used.' }),
  created_at: Type.String({ format: 'date-time' }),
});
export type ApiKey = Type.Static<typeof ApiKey>;

const ID_BYTES = 8;
/** 192 bits can't be guessed, so a fast hash is enough. */
const SECRET_BYTES = 24;
const KEY = /^cq_([0-9a-f]{16})_([0-9a-f]{48})$/;

export interface ApiKeys {
  /** @returns the whole key, which can't be had again, and what is kept of it */
  create(options: {
    tenant: string;
    scopes: Scope[];
    name: string;
  }): Promise<{ key: string; record: ApiKey }>;
  /**
   * @param key as it was presented, `cq_<id>_<secret>`
   * @returns undefined when it is malformed, unknown, revoked or has another secret
   * @throws DomainError `redis_unavailable`
   */
  find(key: string): Promise<ApiKey | undefined>;
  /** Oldest first. */
  list(): Promise<ApiKey[]>;
  /** Takes effect with the next request. @returns false when there is no such key */
  revoke(id: string): Promise<boolean>;
}

/** @param options.redis of role `producer` */
export function createApiKeys(options: { redis: Redis; prefix: string }): ApiKeys {
  const { redis, prefix } = options;
  const keys = buildKeys(prefix);

  return {
    async create({ tenant, scopes, name }) {
      const id = randomBytes(ID_BYTES).toString('hex');
      const secret = randomBytes(SECRET_BYTES).toString('hex');
      const now = new Date();
      const record = { id, tenant, scopes, name, created_at: now.toISOString() };
      await withinDeadline(redis, () =>
        redis
          .multi()
          .hset(keys.apiKey(id), {
            tenant,
            scopes: scopes.join(' '),
            name,
            created_at: record.created_at,
            hash: sha256(secret).toString('hex'),
          })
          .zadd(keys.apiKeys, now.getTime(), id)
          .exec(),
      );
      return { key: `cq_${id}_${secret}`, record };
    },

    async find(key) {
      const [, id, secret] = KEY.exec(key) ?? [];
      if (id === undefined || secret === undefined) return undefined;
      const hash = await withinDeadline(redis, () => redis.hgetall(keys.apiKey(id)));
      const record = parse(id, hash);
      if (record === undefined) return undefined;
      const expected = Buffer.from(hash.hash ?? '', 'hex');
      const given = sha256(secret);
      return expected.length === given.length && timingSafeEqual(expected, given)
        ? record
        : undefined;
    },

    list: () =>
      withinDeadline(redis, async () => {
        const ids = await redis.zrange(keys.apiKeys, 0, -1);
        const hashes = await Promise.all(ids.map((id) => redis.hgetall(keys.apiKey(id))));
        return hashes.flatMap((hash, i) => parse(ids[i] as string, hash) ?? []);
      }),

    revoke: (id) =>
      withinDeadline(redis, async () => {
        const [deleted] = await Promise.all([
          redis.del(keys.apiKey(id)),
          redis.zrem(keys.apiKeys, id),
        ]);
        return deleted === 1;
      }),
  };
}

function parse(id: string, hash: Record<string, string>): ApiKey | undefined {
  const { tenant, name, created_at } = hash;
  const record = { id, tenant, scopes: hash.scopes?.split(' '), name, created_at };
  return Value.Check(ApiKey, record) ? record : undefined;
}

const sha256 = (secret: string) => createHash('sha256').update(secret).digest();
