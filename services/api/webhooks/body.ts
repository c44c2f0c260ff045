// The body of a delivery: a snapshot of what happened, so that nothing that happens later can change or empty it.
import type { Caption } from '@caption-queue/contract/caption';
import { MAX_WEBHOOK_BODY_BYTES } from '@caption-queue/contract/webhooks';

/** @returns JSON under 20 kB */
export function buildBody(options: { type: string; atMs: number; data: unknown }): string {
  const { type, atMs, data } = options;
  const timestamp = new Date(atMs).toISOString();
  return JSON.stringify({ type, timestamp, data });
}

/** The same for a caption. Should it be too long, what the caption can do without is left out. */
export function buildCaptionBody(options: { type: string; atMs: number; data: Caption }): string {
  const { data } = options;
  const body = buildBody(options);
  if (Buffer.byteLength(body) < MAX_WEBHOOK_BODY_BYTES || data.output === null) return body;
  const output = { ...data.output, words: [], alternatives: [] };
  return buildBody({ ...options, data: { ...data, output } });
}
