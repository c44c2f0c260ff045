// Who asks: the tenant and scopes of a request. Routes read both from `request.access` and from nowhere else.

import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ApiKeys, DEFAULT_TENANT, type Scope, scopes } from './api-keys.ts';

export interface Access {
  /** Every record belongs to one; another tenant's answers 404. */
  readonly tenant: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Of the key that was shown; absent where none is asked for. */
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
    /** Opened in a browser, which then asks for name and password: the key is the password. */
    login?: boolean;
  }
}

const REALM = 'caption-queue';
const everyone: Access = { tenant: DEFAULT_TENANT, scopes: new Set(scopes) };
const nobody: Access = { tenant: DEFAULT_TENANT, scopes: new Set() };

/**
 * Gives every request its `access`, and refuses those that may not do what they ask for. Call before any route is
 * added.
 *
 * @param options.apiKeys undefined while no keys are asked for: everyone may do everything then
 */
export function authenticate(
  app: FastifyInstance,
  options: { apiKeys: Pick<ApiKeys, 'find'> | undefined },
): void {
  const { apiKeys } = options;
  app.decorateRequest('access');
  app.addHook('onRequest', async (request, reply) => {
    request.access = apiKeys === undefined ? everyone : await identify({ request, reply, apiKeys });
  });
}

async function identify(options: {
  request: FastifyRequest;
  reply: FastifyReply;
  apiKeys: Pick<ApiKeys, 'find'>;
}): Promise<Access> {
  const { request, reply, apiKeys } = options;
  const { scope = 'admin', login = false } = request.routeOptions.config;
  // An address that doesn't exist is nobody's secret.
  if (scope === 'public' || request.is404) return nobody;
  const presented = presentedKey(request.headers);
  const key = presented === undefined ? undefined : await apiKeys.find(presented);
  if (key === undefined) {
    reply.header('www-authenticate', `${login ? 'Basic' : 'Bearer'} realm="${REALM}"`);
    throw new DomainError(
      'unauthorized',
      presented === undefined
        ? 'Send an API key: "Authorization: Bearer cq_…", or "X-API-Key: cq_…".'
        : 'This API key is unknown or was revoked.',
    );
  }
  const access = { tenant: key.tenant, scopes: new Set(key.scopes), keyId: key.id };
  if (!access.scopes.has(scope)) {
    throw new DomainError('insufficient_scope', `This needs a key with the scope ${scope}.`);
  }
  return access;
}

/** `X-API-Key`, for where a proxy's own sign-on takes `Authorization`; else of `Bearer`, or the password of `Basic`. */
function presentedKey({
  'x-api-key': apiKey,
  authorization = '',
}: FastifyRequest['headers']): string | undefined {
  if (typeof apiKey === 'string') return apiKey;
  const [, scheme = '', credentials = ''] = /^(\w+) +(\S+)$/.exec(authorization) ?? [];
  if (/^bearer$/i.test(scheme)) return credentials;
  if (!/^basic$/i.test(scheme)) return undefined;
  return Buffer.from(credentials, 'base64').toString().split(/:(.*)/s)[1];
}
