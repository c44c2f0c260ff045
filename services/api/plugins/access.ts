// Who may talk to a service that asks nobody for a key: only people of this machine, or of PUBLIC_URL.
//
// Without this, any web page could use the service of whoever reads it: by DNS rebinding (its own name suddenly
// means 127.0.0.1: refused by Host) or by posting a form across sites (refused by Origin).
import { ProblemError } from '@caption-queue/contract/problems';
import type { FastifyInstance } from 'fastify';
import { isLoopback } from '../loopback.ts';

const READING_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @param options.publicUrl setting `PUBLIC_URL`, whose host is served too */
export function restrictAccess(
  app: FastifyInstance,
  options: { publicUrl: string | undefined },
): void {
  const publicUrl = options.publicUrl === undefined ? undefined : new URL(options.publicUrl);

  app.addHook('onRequest', async (request) => {
    const { host, origin } = request.headers;
    // Not request.host: a page that rebinds its name could forge what proxies say in headers.
    if (host === undefined || host === '') {
      throw new ProblemError('bad_request', 'The request has no Host header.');
    }
    const hostname = /^(\[[^\]]*\]|[^:]*)(:\d*)?$/.exec(host)?.[1]?.toLowerCase();
    if (hostname === undefined || !(isLoopback(hostname) || hostname === publicUrl?.hostname)) {
      throw new ProblemError(
        'foreign_host',
        'This service answers only to names of this machine. To serve it under another name, set PUBLIC_URL.',
      );
    }
    if (READING_METHODS.has(request.method) || origin === undefined) return;
    const own = [publicUrl?.origin, `http://${host}`, `https://${host}`];
    if (!own.includes(origin.toLowerCase())) {
      throw new ProblemError(
        'foreign_origin',
        'A page of another site may not write here while no keys are asked for.',
      );
    }
  });
}
