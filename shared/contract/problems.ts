// Every error a client can meet: code → HTTP status and title (RFC 9457). One table, mapped in one place.
import Type from 'typebox';

export const problems = {
  bad_request: { status: 400, title: 'The request is malformed' },
  validation_failed: { status: 400, title: 'The request does not fit the schema' },
  malformed_multipart: { status: 400, title: 'The multipart body is malformed' },
  invalid_last_event_id: { status: 400, title: 'Last-Event-ID is not an event id' },
  unauthorized: { status: 401, title: 'A key is needed' },
  insufficient_scope: { status: 403, title: 'The key may not do this' },
  foreign_host: { status: 403, title: 'This host name is not served' },
  foreign_origin: { status: 403, title: 'Another site may not write here' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'Method not allowed' },
  request_timeout: { status: 408, title: 'The request took too long to arrive' },
  caption_ended: { status: 409, title: 'The caption has ended already' },
  caption_gone: { status: 410, title: 'The caption was deleted' },
  too_many_webhooks: { status: 409, title: 'There are too many webhooks' },
  webhook_disabled: { status: 409, title: 'The webhook is disabled' },
  payload_too_large: { status: 413, title: 'The upload is too large' },
  image_too_large: { status: 413, title: 'The picture has too many pixels' },
  unsupported_media_type: { status: 415, title: 'This kind of body is not accepted' },
  unsupported_image: { status: 415, title: 'This is not a picture of a known format' },
  empty_upload: { status: 422, title: 'The upload is empty' },
  idempotency_conflict: { status: 422, title: 'The Idempotency-Key belongs to another request' },
  damaged_image: { status: 422, title: 'The picture is damaged' },
  url_refused: { status: 422, title: 'This URL is not one that requests are sent to' },
  image_fetch_failed: { status: 422, title: 'The picture could not be fetched' },
  rate_limited: { status: 429, title: 'Too many requests with this key' },
  tenant_queue_full: { status: 429, title: 'Too many captions of yours are in work' },
  headers_too_large: { status: 431, title: 'The headers are too large' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  queue_full: { status: 503, title: 'The queue is full' },
  redis_unavailable: { status: 503, title: 'The queue cannot be reached' },
  imaging_unavailable: { status: 503, title: 'The picture decoder is busy or was restarted' },
} as const;

export type ProblemCode = keyof typeof problems;

/** `application/problem+json`, RFC 9457. */
export const Problem = Type.Object({
  type: Type.String({ description: 'URI of the kind of problem.' }),
  title: Type.String(),
  status: Type.Integer(),
  detail: Type.String({ description: 'What happened, to what, and what to do.' }),
  code: Type.Enum(Object.keys(problems) as ProblemCode[]),
  errors: Type.Optional(
    Type.Array(Type.Object({ pointer: Type.String(), detail: Type.String() }), {
      description: 'Which parts of the request do not fit, as JSON pointers.',
    }),
  ),
});
export type Problem = Type.Static<typeof Problem>;

/** An error that is meant for the client; anything else becomes `internal_error`. */
export class ProblemError extends Error {
  readonly code: ProblemCode;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ProblemCode,
    detail: string,
    options?: { retryAfterSeconds?: number; cause?: unknown },
  ) {
    super(detail, { cause: options?.cause });
    this.name = 'ProblemError';
    this.code = code;
    this.retryAfterSeconds = options?.retryAfterSeconds;
  }
}

/** Why a caption may fail after it was accepted: `error.code` of its record. */
export const failureCodes = {
  too_many_attempts: 'Every worker that took this picture died or gave up.',
  stage_failed: 'The model could not process this picture.',
} as const;
export type FailureCode = keyof typeof failureCodes;
