// Server-sent events with a header for the key, which EventSource has not: reads, and goes on where it was cut off.
import type { CaptionEvent } from '@caption-queue/contract/events';
import { pause } from './request.ts';

/** Until the server says otherwise. */
const DEFAULT_RECONNECT_MS = 1_000;
const terminalEvents = new Set(['completed', 'failed', 'canceled', 'expired']);

export type ClientEvent = CaptionEvent & { id: string };

/**
 * Yields each event once. Ends after a terminal one, or when the server says that nothing is left.
 *
 * @param options.open asks for the events after an id; throws when the service refuses
 */
export async function* readEventStream(options: {
  open: (lastEventId: string | undefined) => Promise<Response>;
  lastEventId: string | undefined;
  signal: AbortSignal | undefined;
}): AsyncGenerator<ClientEvent, void, void> {
  const { open, signal } = options;
  let { lastEventId } = options;
  let reconnectMs = DEFAULT_RECONNECT_MS;
  for (;;) {
    const response = await open(lastEventId);
    if (response.status === 204 || response.body === null) return;
    try {
      for await (const block of readBlocks(response.body)) {
        if (block.retry !== undefined) reconnectMs = Number(block.retry);
        if (block.id === undefined || block.event === undefined) continue;
        lastEventId = block.id;
        const { event: type, id } = block;
        yield { type, id, data: JSON.parse(block.data ?? '{}') } as ClientEvent;
        if (terminalEvents.has(type)) return;
      }
    } catch (error) {
      signal?.throwIfAborted();
      // Of the caller, or of the text: asking again would not help.
      if (error instanceof SyntaxError) throw error;
    }
    await pause(reconnectMs, signal);
  }
}

/** Fields of each block; comments, which only keep the connection alive, are left out. */
async function* readBlocks(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<Record<string, string>, void, void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (text + decoder.decode(value, { stream: true })).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = block.split('\n').flatMap((line): [string, string][] => {
          const [, name, content = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
          return name === undefined ? [] : [[name, content]];
        });
        yield Object.fromEntries(fields);
      }
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
