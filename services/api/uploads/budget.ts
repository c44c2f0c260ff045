// The memory that uploads may take together: each reserves what it declares before its first byte is read.
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { whenClosed } from '../http/connections.ts';

const RETRY_AFTER_SECONDS = 2;
/** By its beginning: a form may have the same words in its boundary. */
const JSON_TYPE = /^application\/json\s*(;|$)/i;
/** A picture in JSON is held as text, as a value, and as bytes. */
const JSON_COPIES = 3;

export interface UploadBudget {
  /** A hook that refuses an upload before its body is read, when it doesn't fit beside the others. */
  reserve: onRequestHookHandler;
  /** The same where every body is read as JSON, whatever it says it is. */
  reserveJson: onRequestHookHandler;
  /** Gives back what the request has reserved; else that is done when its answer is complete. */
  release(request: FastifyRequest): void;
  /** Reserves more while a picture is fetched and decoded. @throws DomainError `imaging_unavailable` */
  during<T>(bytes: number, work: () => Promise<T>): Promise<T>;
}

/**
 * @param options.budgetBytes for all uploads together; at least what the largest JSON takes
 * @param options.largestBytes what an upload without `Content-Length` reserves
 */
export function createUploadBudget(options: {
  budgetBytes: number;
  largestBytes: number;
  json?: { largestBytes: number };
}): UploadBudget {
  const { json } = options;
  const budgetBytes = Math.max(options.budgetBytes, JSON_COPIES * (json?.largestBytes ?? 0));
  const plainBytes = (request: FastifyRequest) => declaredBytes(request, options.largestBytes);
  const jsonBytes = (request: FastifyRequest) =>
    declaredBytes(request, json?.largestBytes ?? 0) * JSON_COPIES;
  const isJson = ({ headers }: FastifyRequest) =>
    json !== undefined && JSON_TYPE.test(headers['content-type'] ?? '');
  const releases = new WeakMap<FastifyRequest, () => void>();
  let reservedBytes = 0;

  /** @returns gives it back, once */
  function take(bytes: number): () => void {
    if (reservedBytes + bytes > budgetBytes) throw tooManyUploads();
    reservedBytes += bytes;
    let taken = bytes;
    return () => {
      reservedBytes -= taken;
      taken = 0;
    };
  }

  const reserveBy =
    (measure: (request: FastifyRequest) => number): onRequestHookHandler =>
    (request, reply, done) => {
      try {
        const release = take(measure(request));
        releases.set(request, release);
        whenClosed(reply, release);
        done();
      } catch (error) {
        reply.header('connection', 'close');
        done(error as DomainError);
      }
    };

  return {
    reserve: reserveBy((request) => (isJson(request) ? jsonBytes(request) : plainBytes(request))),
    reserveJson: reserveBy(jsonBytes),
    release: (request) => releases.get(request)?.(),
    async during(bytes, work) {
      const release = take(bytes);
      try {
        return await work();
      } finally {
        release();
      }
    },
  };
}

const tooManyUploads = () =>
  new DomainError(
    'imaging_unavailable',
    'Too many uploads arrive at once. Nothing was accepted; try again in a moment.',
    { retryAfterSeconds: RETRY_AFTER_SECONDS },
  );

/** More than the largest is refused as such before its body is read. */
function declaredBytes({ headers }: FastifyRequest, largestBytes: number): number {
  return Math.min(Number(headers['content-length'] ?? largestBytes), largestBytes);
}
