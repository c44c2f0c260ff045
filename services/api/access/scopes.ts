// API keys: `cq_<id>_<secret>`, what they may do and whom they belong to.
import Type from 'typebox';

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
