// The stored record → the caption as clients see it.
import type { Caption } from '@caption-queue/contract/caption';
import type { StoredCaption } from '@caption-queue/queue/record';

/** @param options.publicUrl setting `PUBLIC_URL`; without it the addresses are paths */
export function toCaption(
  { tenant: _inside, ...record }: StoredCaption,
  options: { publicUrl: string | undefined },
): Caption {
  const base = options.publicUrl?.replace(/\/$/, '') ?? '';
  const self = `${base}/v1/captions/${record.id}`;
  return { ...record, urls: { self, events: `${self}/events`, cancel: `${self}/cancel` } };
}
