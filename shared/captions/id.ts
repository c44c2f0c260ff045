// Ids of captions and batches: a prefix and a UUIDv7 (RFC 9562), so that they sort by the time they were made.
import { randomBytes } from 'node:crypto';

/** @param nowMs milliseconds since 1970, for the first 48 bits */
export function createCaptionId(nowMs: number = Date.now()): string {
  return `cap_${createUuid(nowMs)}`;
}

export function createBatchId(): string {
  return `batch_${createUuid(Date.now())}`;
}

function createUuid(nowMs: number): string {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(nowMs, 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6); // version 7
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8); // variant of RFC 9562
  const hex = bytes.toString('hex');
  const groups = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ];
  return groups.join('-');
}
