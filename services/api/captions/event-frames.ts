// Events → the text of a server-sent event stream, with comments that keep a quiet connection alive.
import type { StreamedEvent } from './event-stream.ts';

/** Browsers wait this long before they reconnect. */
const RECONNECT_MS = 1_000;
const HEARTBEAT = ': heartbeat\n\n';

/**
 * Ends when `events` ends.
 *
 * @param options.heartbeatMs silence after which a comment is sent
 */
export async function* frameEvents(options: {
  events: AsyncGenerator<StreamedEvent, void, void>;
  heartbeatMs: number;
}): AsyncGenerator<string, void, void> {
  const { events, heartbeatMs } = options;
  // Sent at once, so that headers reach the client before the first event does.
  yield `retry: ${RECONNECT_MS}\n\n`;
  let next = events.next();
  for (;;) {
    const result = await withinTime(next, heartbeatMs);
    if (result === 'late') {
      yield HEARTBEAT;
      continue;
    }
    if (result.done === true) return;
    const { id, event } = result.value;
    yield `id: ${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event.data)}\n\n`;
    next = events.next();
  }
}

async function withinTime<T>(promise: Promise<T>, limitMs: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(resolve, limitMs, 'late');
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
