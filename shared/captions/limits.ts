// How many captions may be in work at once (in all, of priority bulk, of one tenant), and why some are refused.
import { DomainError } from '@caption-queue/contract/errors';
import { oneOf } from '@caption-queue/redis/codecs';

/** Pixels (268,203 bytes), features (262,144) and what surrounds them, while a caption is in work. */
const RESERVED_BYTES_PER_CAPTION = 540_000;
/** What bulk may take; the rest is kept free for people who wait. */
const BULK_SHARE = 0.8;
const RETRY_AFTER_SECONDS = 5;

export interface AdmissionLimits {
  queueLimit: number;
  queueLimitBytes: number;
  /** Default: a tenant may have them all. */
  tenantQueueLimit?: number | undefined;
}

/** Which of the limits was met. */
export const fullPart = oneOf('all', 'bulk', 'tenant');
export type FullPart = 'all' | 'bulk' | 'tenant';

export function createLimits(limits: AdmissionLimits): Record<FullPart, number> {
  const byBytes = Math.floor(limits.queueLimitBytes / RESERVED_BYTES_PER_CAPTION);
  const all = Math.min(limits.queueLimit, byBytes);
  return {
    all,
    bulk: Math.floor(all * BULK_SHARE),
    tenant: limits.tenantQueueLimit ?? all,
  };
}

export function idempotencyConflict(): DomainError {
  return new DomainError(
    'idempotency_conflict',
    'This Idempotency-Key was used for another picture or other options in the last 24 hours.',
  );
}

export function queueFull(part: FullPart): DomainError {
  const options = { retryAfterSeconds: RETRY_AFTER_SECONDS };
  switch (part) {
    case 'tenant':
      return new DomainError(
        'tenant_queue_full',
        'As many captions of yours are in work as you may have at once. Try again when some have ended.',
        options,
      );
    case 'bulk':
      return new DomainError(
        'queue_full',
        'As many bulk captions are in work as this service holds. Try again in a few seconds.',
        options,
      );
    default:
      return new DomainError(
        'queue_full',
        'As many captions are in work as this service holds. Try again in a few seconds.',
        options,
      );
  }
}
