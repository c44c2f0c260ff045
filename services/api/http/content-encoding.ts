// Refuses compressed bodies by name, rather than calling them damaged: pictures are compressed as they are, and a few
// bytes that become gigabytes would be all that this adds.
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance } from 'fastify';
import { takesBody } from './json-bodies.ts';

/** Call after the hooks that refuse requests for other reasons. @see RFC 9110, 12.5.3 */
export function refuseCompressedBodies(app: FastifyInstance): void {
  app.addHook('onRequest', async (request, reply) => {
    const encoding = request.headers['content-encoding']?.trim() ?? '';
    if (!takesBody(request) || /^(identity)?$/i.test(encoding)) return;
    reply.header('accept-encoding', 'identity');
    throw new DomainError(
      'unsupported_media_type',
      `The body is compressed (Content-Encoding: ${encoding.slice(0, 40)}); send it as it is, without that header.`,
    );
  });
}
