// Lets routes take JSON bodies. Prototypes can't be poisoned by them.
import { ProblemError } from '@caption-queue/contract/problems';
import type { FastifyInstance } from 'fastify';

/** @param options.bodyLimit bytes. Default: the application's */
export function acceptJson(app: FastifyInstance, options: { bodyLimit?: number } = {}): void {
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string', ...options },
    app.getDefaultJsonParser('error', 'error'),
  );
}

/** For routes that take no other body. */
export function acceptOnlyJson(app: FastifyInstance): void {
  acceptJson(app);
  app.addContentTypeParser('*', (_request, _payload, done) => {
    done(
      new ProblemError('unsupported_media_type', 'Send JSON, with Content-Type: application/json.'),
    );
  });
}
