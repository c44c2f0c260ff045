// Turns any error into the one shape in which errors leave: application/problem+json (RFC 9457).
import { DomainError, type ErrorCode, type Problem } from '@caption-queue/contract/errors';
import { problems } from './problems.ts';
import type { ValidationFailure } from './validator.ts';

export const PROBLEM_MEDIA_TYPE = 'application/problem+json';

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
    'Send multipart/form-data with the picture in the field "image", the picture itself as image/* or application/octet-stream, or JSON with "image_url".',
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
