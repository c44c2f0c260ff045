// Lets routes take JSON bodies. Prototypes can't be poisoned by them.
import type { FastifyInstance } from 'fastify';

export function acceptJson(app: FastifyInstance): void {
  if (app.hasContentTypeParser('application/json')) return;
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'string' },
    app.getDefaultJsonParser('error', 'error'),
  );
}
