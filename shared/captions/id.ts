// Ids of captions and batches: a prefix and a UUIDv7 (RFC 9562), so that they sort by the time they were made.
import { v7 } from 'uuid';

/** @param nowMs milliseconds since 1970. Default: now; of one process, even those of one millisecond sort in order. */
export function createCaptionId(nowMs?: number): string {
  return `cap_${nowMs === undefined ? v7() : v7({ msecs: nowMs })}`;
}

export function createBatchId(): string {
  return `batch_${v7()}`;
}
