// Reads the bodies in which pictures come: forms, and pictures as such.
import type { FastifyInstance } from 'fastify';
import { type MultipartForm, parseMultipart } from './multipart.ts';

/** Boundaries, part headers and fields around the pictures of a form. */
export const FORM_OVERHEAD_BYTES = 64 * 1024;

/**
 * @param options.maxParts parts a form may have. Default 64
 * @param options.read makes of a form the body that the route's schema describes, or throws
 */
export function acceptForms(
  app: FastifyInstance,
  options: { bodyLimit: number; maxParts?: number; read: (form: MultipartForm) => unknown },
): void {
  const { bodyLimit, maxParts, read } = options;
  app.addContentTypeParser(
    'multipart/form-data',
    { parseAs: 'buffer', bodyLimit },
    (request, body: Buffer, done) => {
      try {
        done(null, read(parseMultipart(body, request.headers['content-type'] ?? '', { maxParts })));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** The body is the picture's bytes then. */
export function acceptPictures(app: FastifyInstance, options: { maxBytes: number }): void {
  for (const type of [/^image\//, 'application/octet-stream']) {
    app.addContentTypeParser<Buffer>(
      type,
      { parseAs: 'buffer', bodyLimit: options.maxBytes },
      (_request, body, done) => done(null, body),
    );
  }
}
