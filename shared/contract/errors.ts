// What can go wrong, by its code: what is thrown on purpose, what a client is answered, and why a caption failed.
import Type from 'typebox';

/** Of every error that a client can meet. What each is in HTTP stands in services/api/http/problems.ts. */
export const errorCodes = [
  'bad_request',
  'validation_failed',
  'malformed_multipart',
  'invalid_base64',
  'invalid_last_event_id',
  'unauthorized',
  'insufficient_scope',
  'foreign_host',
  'foreign_origin',
  'not_found',
  'method_not_allowed',
  'request_timeout',
  'caption_ended',
  'caption_gone',
  'too_many_webhooks',
  'webhook_disabled',
  'payload_too_large',
  'image_too_large',
  'unsupported_media_type',
  'unsupported_image',
  'empty_upload',
  'idempotency_conflict',
  'damaged_image',
  'url_refused',
  'image_fetch_failed',
  'rate_limited',
  'tenant_queue_full',
  'headers_too_large',
  'internal_error',
  'queue_full',
  'redis_unavailable',
  'imaging_unavailable',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** An error that is meant for the client; anything else is a fault of our own. */
export class DomainError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;

  /** @param detail what happened, to what, and what to do */
  constructor(
    code: ErrorCode,
    detail: string,
    options?: { retryAfterSeconds?: number; cause?: unknown },
  ) {
    super(detail, { cause: options?.cause });
    this.name = 'DomainError';
    this.code = code;
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

/** How errors reach clients: `application/problem+json`, RFC 9457. */
export const Problem = Type.Object({
  type: Type.String({ description: 'URI of the kind of problem.' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String({ description: 'What happened, to what, and what to do.' }),
  code: Type.Enum(errorCodes),
  errors: Type.Optional(
    Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }), {
      description: 'Which parts of the request do not fit, as JSON pointers.',
    }),
  ),
});
export type Problem = Type.Static<typeof Problem>;

/** Why a caption may fail after it was accepted: `error.code` of its record. */
export const failureCodes = {
  too_many_attempts: 'Every worker that took this picture died or gave up.',
  stage_failed: 'The model could not process this picture.',
} as const;
export type FailureCode = keyof typeof failureCodes;
