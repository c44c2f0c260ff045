// Serves the pages at `/` and `/docs`: a handful of files, read once, under a policy that lets nothing else run.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { listFiles } from '@caption-queue/runtime/list-files';
import type { FastifyInstance } from 'fastify';

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.jpg': 'image/jpeg',
  '.woff2': 'font/woff2',
};

/** Those that gzip makes smaller; pictures and fonts are packed already. */
const packs: ReadonlySet<string> = new Set(['.html', '.css', '.js', '.svg']);

/** Pages have addresses of their own. */
const addresses: Record<string, string> = { 'index.html': '/', 'docs/docs.html': '/docs' };

/** Only our own files; `blob:` shows the page's small copies of pictures. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "font-src 'self'",
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

/** @param options.folder where `index.html` lies, and the others in folders; links are left out */
export function servePage(app: FastifyInstance, options: { folder: string }): void {
  for (const name of listFiles(options.folder)) {
    const type = contentTypes[path.extname(name)];
    if (type === undefined) continue;
    const plain = readFileSync(path.join(options.folder, name));
    const packed = packs.has(path.extname(name)) ? gzipSync(plain) : undefined;
    const hash = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
    const url = addresses[name] ?? `/${name}`;
    // Public, since it holds nothing of anyone's: it asks for a key itself, when the API wants one.
    const config = { scope: 'public' } as const;
    app.get(url, { config, schema: { hide: true } }, async (request, reply) => {
      const pack = packed && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
      const etag = pack ? `"${hash}-gzip"` : `"${hash}"`;
      reply.headers({ ...securityHeaders, 'cache-control': 'no-cache', etag });
      if (packed) reply.header('vary', 'accept-encoding');
      if (request.headers['if-none-match'] === etag) return reply.code(304).send();
      if (pack) reply.header('content-encoding', 'gzip');
      return reply.type(type).send(pack ? packed : plain);
    });
  }
}
