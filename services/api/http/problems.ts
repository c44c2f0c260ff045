// What each error is in HTTP, and the one shape in which errors leave: application/problem+json (RFC 9457).
import { DomainError, type ErrorCode, type Problem } from '@caption-queue/contract/errors';
import type { ValidationFailure } from './validator.ts';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

/** The one table that maps codes to status and title. */
export const problems: Record<ErrorCode, { status: number; title: string }> = {
  bad_request: { status: 400, title: 'The request is malformed' },
  validation_failed: { status: 400, title: 'The request does not fit the schema' },
  malformed_multipart: { status: 400, title: 'The multipart body is malformed' },
  invalid_base64: { status: 400, title: 'The picture in the JSON is not base64' },
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
};

/** Enough to see what is wrong with a request that is wrong in many ways. */
const MAX_FAILURES = 10;
const MAX_POINTER_CHARACTERS = 100;

export interface ProblemReply {
  status: number;
  headers: Record<string, string>;
  problem: Problem;
}

/** What Fastify puts on its own errors. */
interface FrameworkError {
  code?: unknown;
  message?: unknown;
  statusCode?: unknown;
  validation?: ValidationFailure[];
  validationContext?: string;
}

const frameworkProblems: Record<string, [ErrorCode, string]> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'payload_too_large',
    'The upload is larger than this service accepts; send a smaller version.',
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported_media_type',
    'Send multipart/form-data with the picture in the field "image", the picture itself as image/* or application/octet-stream, or JSON with "image" or "image_url".',
  ],
  FST_ERR_CTP_EMPTY_TYPE: ['unsupported_media_type', 'The Content-Type header is empty.'],
  FST_ERR_BAD_URL: ['bad_request', 'The address is not a valid URL path.'],
};

/**
 * @param error anything that was thrown
 * @returns what to answer; unknown errors become `internal_error` without their message
 */
export function buildProblemReply(error: unknown): ProblemReply {
  if (error instanceof DomainError) {
    const { code, message, retryAfterSeconds } = error;
    return reply(code, message, {
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    });
  }
  const { code, statusCode, validation, validationContext = 'request' } = error as FrameworkError;
  if (validation !== undefined) return validationReply(validation, validationContext);
  const known = typeof code === 'string' ? frameworkProblems[code] : undefined;
  if (known !== undefined) return reply(...known);
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return reply('bad_request', String((error as FrameworkError).message ?? 'It cannot be read.'));
  }
  return reply('internal_error', 'The service failed on this request. Its log says why.');
}

function validationReply(failures: ValidationFailure[], context: string): ProblemReply {
  const errors = failures.slice(0, MAX_FAILURES).map(({ instancePath, message }) => ({
    // A name from outside may be of any length.
    pointer: `/${context === 'querystring' ? 'query' : context}${instancePath}`.slice(
      0,
      MAX_POINTER_CHARACTERS,
    ),
    detail: message,
  }));
  const detail = errors.map((error) => `${error.pointer} ${error.detail}`).join('; ');
  const answer = reply('validation_failed', `${detail}.`);
  return { ...answer, problem: { ...answer.problem, errors } };
}

function reply(
  code: ErrorCode,
  detail: string,
  headers: Record<string, string> = {},
): ProblemReply {
  const { status, title } = problems[code];
  return {
    status,
    headers: { 'content-type': PROBLEM_MEDIA_TYPE, 'cache-control': 'no-store', ...headers },
    problem: { type: `urn:caption-queue:problem:${code}`, title, status, detail, code },
  };
}
