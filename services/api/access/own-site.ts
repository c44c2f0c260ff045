// What another web site may do here through the browser of someone who may use this service.
//
// While no keys are asked for, any page could use the service of whoever reads it: by DNS rebinding (its own name
// suddenly means 127.0.0.1: refused by Host) or by posting a form across sites (refused by Origin). With keys only
// those matter that a browser sends by itself, which are those of Basic.
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Answered under any name, for probes and Prometheus, which use a service's name or address: such a route takes
     * nothing in, changes nothing and tells nothing of anyone's captions.
     */
    anyHost?: boolean;
  }
}

/** They change nothing, so they may come from any page. */
export const READING_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

export interface OwnSiteOptions {
  /** Setting `PUBLIC_URL`: its host is served, its pages may write. */
  publicUrl: string | undefined;
  /** Origins whose pages may write too, e.g. `https://shop.example`; `*` is any. */
  corsOrigins: readonly string[];
  /** Are keys asked for? */
  keysRequired: boolean;
}

export function keepToOwnSite(app: FastifyInstance, options: OwnSiteOptions): void {
  const publicUrl = options.publicUrl === undefined ? undefined : new URL(options.publicUrl);
  const { corsOrigins, keysRequired } = options;

  function checkHost(host: string): void {
    const hostname = /^(\[[^\]]*\]|[^:]*)(:\d*)?$/.exec(host)?.[1]?.toLowerCase();
    if (hostname !== undefined && (isLoopback(hostname) || hostname === publicUrl?.hostname))
      return;
    throw new DomainError(
      'foreign_host',
      'This service answers only to names of this machine. To serve it under another name, set PUBLIC_URL.',
    );
  }

  function checkOrigin(host: string, { method, headers: { origin } }: FastifyRequest): void {
    if (READING_METHODS.has(method) || origin === undefined) return;
    const own = [publicUrl?.origin, `http://${host}`, `https://${host}`, ...corsOrigins];
    if (own.includes(origin.toLowerCase()) || corsOrigins.includes('*')) return;
    throw new DomainError(
      'foreign_origin',
      'A page of another site may not write here; CORS_ORIGINS names those that may.',
    );
  }

  app.addHook('onRequest', async (request) => {
    // Not request.host: a page that rebinds its name could forge what proxies say in headers.
    const { host = '', authorization } = request.headers;
    const anyHost = request.routeOptions.config.anyHost === true;
    // Probes of load balancers speak HTTP/1.0, which has no such header; browsers always send one.
    if (host === '' && !(anyHost && request.raw.httpVersion === '1.0')) {
      throw new DomainError('bad_request', 'The request has no Host header.');
    }
    if (!keysRequired && !anyHost) checkHost(host);
    if (!keysRequired || /^basic /i.test(authorization ?? '')) checkOrigin(host, request);
  });
}

/** Does it always mean this machine? @param host a name or address without port; IPv6 with or without brackets */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$|\.$/g, '');
  return name === 'localhost' || name === '::1' || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(name);
}
