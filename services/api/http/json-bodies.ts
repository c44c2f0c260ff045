// Lets routes take JSON bodies. Prototypes can't be poisoned by them.
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyInstance, FastifyRequest } from 'fastify';

/** @param options.bodyLimit bytes. Default: the application's */
export function acceptJson(app: FastifyInstance, options: { bodyLimit?: number } = {}): void {
  const parse = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser<string>(
    'application/json',
    { parseAs: 'string', ...options },
    (request, body, done) => {
      if (takesBody(request)) parse(request, body, done);
      else done(null);
    },
  );
}

/** For routes that take no other body, or none. */
export function acceptOnlyJson(app: FastifyInstance): void {
  acceptJson(app);
  app.addContentTypeParser('*', (request, _payload, done) => {
    const refusal = () =>
      new DomainError('unsupported_media_type', 'Send JSON, with Content-Type: application/json.');
    done(takesBody(request) ? refusal() : null);
  });
}

/** Many clients send `{}`, or a type without a body, with whatever they ask: where no body is wanted, it is left aside. */
export const takesBody = ({ routeOptions: { schema } }: FastifyRequest) =>
  schema?.body !== undefined;
