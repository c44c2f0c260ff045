// Serves the pages at `/` and `/docs`: a handful of files, read once, under a policy that lets nothing else run.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { FastifyInstance } from 'fastify';

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Pages have addresses of their own. */
const addresses: Record<string, string> = { 'index.html': '/', 'docs.html': '/docs' };

/** Only our own files; `blob:` shows a picture before it is uploaded. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders = {
  'content-security-policy': CONTENT_SECURITY_POLICY,
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
};

/** For every answer, page or not: nothing here is to be guessed at, framed or embedded by other sites. */
const everywhere = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-resource-policy': 'same-origin',
};

/** Call before the hooks that refuse requests, so that refusals carry the headers too. */
export function secureAnswers(app: FastifyInstance): void {
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers(everywhere);
  });
}

/** @param options.folder where `index.html` and its files lie */
export function servePage(app: FastifyInstance, options: { folder: string }): void {
  for (const name of readdirSync(options.folder)) {
    const type = contentTypes[path.extname(name)];
    if (type === undefined) continue;
    const bytes = readFileSync(path.join(options.folder, name));
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`;
    const url = addresses[name] ?? `/${name}`;
    // Whoever opens the page logs in there; the browser then sends the key along with all that the page asks.
    const config =
      url === '/'
        ? ({ scope: 'captions:write', login: true } as const)
        : ({ scope: 'public' } as const);
    app.get(url, { config, schema: { hide: true } }, async (request, reply) => {
      reply.headers({ ...securityHeaders, 'cache-control': 'no-cache', etag });
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      return reply.type(type).send(bytes);
    });
  }
}
