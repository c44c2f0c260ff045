// Bounds the memory of uploads that are being received: each reserves what it declares before its first byte is read.
import { DomainError } from '@caption-queue/contract/errors';
import type { onRequestHookHandler } from 'fastify';

const RETRY_AFTER_SECONDS = 2;

/**
 * @param options.budgetBytes for all uploads together
 * @param options.largestBytes what an upload without `Content-Length` reserves
 */
export function createUploadBudget(options: {
  budgetBytes: number;
  largestBytes: number;
}): onRequestHookHandler {
  const { budgetBytes, largestBytes } = options;
  let reservedBytes = 0;
  return (request, reply, done) => {
    const { 'content-length': length = largestBytes, 'content-type': type = '' } = request.headers;
    // JSON only names a picture, which may be of any size.
    const declared = type.includes('json') ? largestBytes : Number(length);
    // More than the largest is refused as such before its body is read.
    const bytes = Math.min(declared, largestBytes);
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
    reply.raw.once('close', () => {
      reservedBytes -= bytes;
    });
    done();
  };
}
