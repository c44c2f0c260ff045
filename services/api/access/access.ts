// Who asks: the tenant and scopes of a request. Routes read both from `request.access` and from nowhere else.
import type { FastifyInstance } from 'fastify';

export const scopes = ['captions:read', 'captions:write', 'webhooks', 'admin'] as const;
/** What a key may do; `admin` does not include the others. */
export type Scope = (typeof scopes)[number];

/** Whose captions and webhooks a service without keys has. */
export const DEFAULT_TENANT = 'default';

export interface Access {
  /** Every record belongs to one; another tenant's answers 404. */
  readonly tenant: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Of the key that was shown; absent while no keys are asked for. */
  readonly keyId?: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Set before any other hook of a route runs. */
    access: Access;
  }
  interface FastifyContextConfig {
    /** The scope a route needs, or `public` for everyone. A route that says nothing needs `admin`. */
    scope?: Scope | 'public';
  }
}

const everyone: Access = { tenant: DEFAULT_TENANT, scopes: new Set(scopes) };

/** Gives every request its `access`. Call before any route is added. */
export function authenticate(app: FastifyInstance): void {
  app.decorateRequest('access');
  app.addHook('onRequest', async (request) => {
    request.access = everyone;
  });
}
