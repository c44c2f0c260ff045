// Lets pages of other sites use the API from a browser, where CORS_ORIGINS names them.
import cors from '@fastify/cors';
import type { FastifyInstance } from 'fastify';

/** A browser needn't ask again for this long. */
const MAX_AGE_SECONDS = 600;

/** Call before `authenticate`: a browser's preflight carries no key. @param options.origins `*` is any */
export async function allowOrigins(
  app: FastifyInstance,
  options: { origins: readonly string[] },
): Promise<void> {
  if (options.origins.length === 0) return;
  await app.register(cors, {
    origin: options.origins.includes('*') ? '*' : [...options.origins],
    methods: ['GET', 'POST', 'PATCH', 'DELETE'],
    exposedHeaders: [
      'Location',
      'Retry-After',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'X-Request-Id',
      'X-Prompt-Ignored',
    ],
    maxAge: MAX_AGE_SECONDS,
  });
}
