// `Prefer: wait=N` (RFC 7240): the client would rather wait for the caption than ask again.
import type { EventStreams } from './event-stream.ts';

/** Longer waits would meet the time limits of common proxies. */
export const MAX_WAIT_SECONDS = 60;

/** @returns seconds, at most 60; 0 when the client does not want to wait */
export function parseWait(prefer: string | undefined): number {
  const seconds = /(?:^|[,;])\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:$|[,;])/i.exec(prefer ?? '')?.[1];
  return Math.min(Number(seconds ?? 0), MAX_WAIT_SECONDS);
}

/** Returns when the caption has ended, the time is over, or the signal fires. */
export async function waitForEnd(options: {
  streams: Pick<EventStreams, 'read'>;
  captionId: string;
  waitSeconds: number;
  signal: AbortSignal;
}): Promise<void> {
  const { streams, captionId, waitSeconds } = options;
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(waitSeconds * 1_000)]);
  for await (const _event of streams.read({ captionId, signal })) {
    // The last one is terminal, and the stream ends by itself.
  }
}
