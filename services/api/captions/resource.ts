// The stored records → captions and batches as clients see them.

import type { StoredBatch } from '@caption-queue/captions/batch-record';
import type { StoredCaption } from '@caption-queue/captions/record';
import type { Batch } from '@caption-queue/contract/batch';
import type { Caption } from '@caption-queue/contract/caption';

interface ResourceOptions {
  /** Setting `PUBLIC_URL`; without it the addresses are paths. */
  publicUrl: string | undefined;
}

export function toCaption(
  { tenant: _inside, ...record }: StoredCaption,
  options: ResourceOptions,
): Caption {
  const self = `${baseOf(options)}/v1/captions/${record.id}`;
  return { ...record, urls: { self, events: `${self}/events`, cancel: `${self}/cancel` } };
}

export function toBatch(
  { tenant: _inside, ...record }: StoredBatch,
  options: ResourceOptions,
): Batch {
  const self = `${baseOf(options)}/v1/batches/${record.id}`;
  return { ...record, urls: { self, results: `${self}/results` } };
}

function baseOf({ publicUrl }: ResourceOptions): string {
  return publicUrl?.replace(/\/$/, '') ?? '';
}
