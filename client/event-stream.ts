// Server-sent events with a header for the key, which EventSource has not: reads, and goes on where it was cut off.
import type { CaptionEvent } from '@caption-queue/contract/events';
import { createParser, type EventSourceMessage } from 'eventsource-parser';
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
  const onRetry = (ms: number) => {
    reconnectMs = ms;
  };
  for (;;) {
    const { status, body } = await open(lastEventId);
    if (status === 204 || body === null) return;
    try {
      for await (const { id, event: type, data } of readMessages({ body, onRetry })) {
        if (id === undefined || type === undefined) continue;
        lastEventId = id;
        yield { type, id, data: JSON.parse(data) } as ClientEvent;
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

/** What the server sends, comments and messages without data left out. */
async function* readMessages(options: {
  body: ReadableStream<Uint8Array>;
  onRetry: (ms: number) => void;
}): AsyncGenerator<EventSourceMessage, void, void> {
  const messages: EventSourceMessage[] = [];
  const onEvent = (message: EventSourceMessage) => void messages.push(message);
  const parser = createParser({ onEvent, onRetry: options.onRetry });
  const decoder = new TextDecoder();
  const reader = options.body.getReader();
  let endsInCr = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      // The parser waits for what follows a last CR, which may be half of a CRLF; at the end it is a line's end.
      if (done && endsInCr) parser.feed('\n');
      const text = decoder.decode(value, { stream: true });
      parser.feed(text);
      endsInCr = text.endsWith('\r');
      yield* messages.splice(0);
      if (done) return;
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
