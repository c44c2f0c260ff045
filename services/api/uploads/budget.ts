// Bounds the memory of uploads that are being received: each reserves what it declares before its first byte is read.
import { DomainError } from '@caption-queue/contract/errors';
import type { FastifyRequest, onRequestHookHandler } from 'fastify';
import { whenClosed } from '../http/open-answers.ts';

const RETRY_AFTER_SECONDS = 2;
/** By its beginning: a form may have the same words in its boundary. */
const JSON_TYPE = /^application\/json\s*(;|$)/i;

export interface UploadBudgetOptions {
  /** For all uploads together. */
  budgetBytes: number;
  /** What an upload without `Content-Length` reserves. */
  largestBytes: number;
  /** Of routes that take JSON, which only names pictures: its largest size, and that of what is fetched at once for it. */
  json?: { largestBytes: number; fetchedBytes: number };
}

export function createUploadBudget(options: UploadBudgetOptions): onRequestHookHandler {
  const { budgetBytes } = options;
  let reservedBytes = 0;
  return (request, reply, done) => {
    const bytes = bytesOf(request, options);
    if (reservedBytes + bytes > budgetBytes) {
      reply.header('connection', 'close');
      const detail =
        'Too many uploads arrive at once. Nothing was accepted; try again in a moment.';
      done(
        new DomainError('imaging_unavailable', detail, { retryAfterSeconds: RETRY_AFTER_SECONDS }),
      );
      return;
    }
    reservedBytes += bytes;
    whenClosed(reply, () => {
      reservedBytes -= bytes;
    });
    done();
  };
}

/** More than the largest is refused as such before its body is read. */
function bytesOf({ headers }: FastifyRequest, options: UploadBudgetOptions): number {
  const { 'content-length': length, 'content-type': type = '' } = headers;
  const json = JSON_TYPE.test(type) ? options.json : undefined;
  const { largestBytes } = json ?? options;
  return Math.min(Number(length ?? largestBytes), largestBytes) + (json?.fetchedBytes ?? 0);
}
