// The stored record → the caption as clients see it.
import type { Caption, CaptionRecord } from '@caption-queue/contract/caption';

/** @param options.publicUrl setting `PUBLIC_URL`; without it the addresses are paths */
export function toCaption(
  record: CaptionRecord,
  options: { publicUrl: string | undefined },
): Caption {
  const base = options.publicUrl?.replace(/\/$/, '') ?? '';
  const self = `${base}/v1/captions/${record.id}`;
  return { ...record, urls: { self, events: `${self}/events` } };
}
