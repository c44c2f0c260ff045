// A client for server-sent events that shows everything: ids, comments, and the end.
import { get } from 'node:http';

export interface SseEvent {
  id: string;
  event: string;
  data: Record<string, unknown>;
}

/** Reads a stream to its end, or until `stopAfter` events. @returns events and comments, in order */
export async function readEvents(
  url: string,
  options: { lastEventId?: string; stopAfter?: number; stopAfterComments?: number } = {},
): Promise<{ status: number; events: SseEvent[]; comments: string[]; ended: boolean }> {
  const { lastEventId, stopAfter = Infinity, stopAfterComments = Infinity } = options;
  const abort = new AbortController();
  const response = await fetch(url, {
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
    signal: abort.signal,
  });
  const events: SseEvent[] = [];
  const comments: string[] = [];
  const result = (ended: boolean) => ({ status: response.status, events, comments, ended });
  if (!response.headers.get('content-type')?.startsWith('text/event-stream')) return result(true);
  let text = '';
  for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      if (block.startsWith(':')) comments.push(block);
      const fields = Object.fromEntries(
        block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)),
      ) as Record<string, string>;
      if (fields.event === undefined) continue;
      events.push({
        id: fields.id ?? '',
        event: fields.event,
        data: JSON.parse(fields.data ?? ''),
      });
      if (events.length >= stopAfter) break;
    }
    if (events.length >= stopAfter || comments.length >= stopAfterComments) {
      abort.abort();
      return result(false);
    }
  }
  return result(true);
}

/** Reads a stream until so many bytes have come, and cuts the connection there. @returns what came, or all of it */
export function readBytes(
  url: string,
  options: { lastEventId: string | undefined; bytes: number },
): Promise<string> {
  const { lastEventId, bytes } = options;
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  return new Promise((resolve, reject) => {
    const request = get(url, { headers, agent: false }, (response) => {
      let seen = Buffer.alloc(0);
      const finish = () => {
        request.destroy();
        resolve(seen.subarray(0, bytes).toString());
      };
      response.on('data', (chunk: Buffer) => {
        seen = Buffer.concat([seen, chunk]);
        if (seen.length >= bytes) finish();
      });
      response.on('end', finish);
      response.on('error', finish);
    });
    request.on('error', reject);
  });
}

/** The events that a cut text has whole: those with their empty line. */
export function wholeEvents(text: string): SseEvent[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const fields = Object.fromEntries(
        block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)),
      ) as Record<string, string>;
      if (fields.event === undefined) return [];
      const { id = '', event, data = '' } = fields;
      return [{ id, event, data: JSON.parse(data) }];
    });
}
