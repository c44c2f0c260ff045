// Refuses compressed bodies by name, rather than calling them damaged: pictures are compressed as they are, and a few
// bytes that become gigabytes would be all that this adds.
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance } from 'fastify';
import { takesBody } from './json-bodies.ts';

/** What Node.js undoes by itself, or what nothing is to be undone of. */
const plain: ReadonlySet<string> = new Set(['', 'identity', 'chunked']);

/** Call after the hooks that refuse requests for other reasons. @see RFC 9110, 12.5.3 */
export function refuseCompressedBodies(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const { 'content-encoding': content, 'transfer-encoding': transfer } = request.headers;
    const codings = `${content ?? ''},${transfer ?? ''}`.toLowerCase().split(',');
    const coding = codings.map((name) => name.trim()).find((name) => !plain.has(name));
    if (coding === undefined || !takesBody(request)) return;
    reply.header('accept-encoding', 'identity');
    throw new DomainError(
      'unsupported_media_type',
      `The body is compressed (${coding.slice(0, 40)}); send it as it is, without Content-Encoding.`,
    );
  });
}
