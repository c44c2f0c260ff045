// Reads event streams of the API.
import { ApiError, ask, unreachable } from './api.js';

/** @import { CaptionEvent } from '@caption-queue/contract/events' */

/** A stream sends a comment every 15 s at least; one that is silent for longer has died unnoticed. */
const SILENCE_MS = 40_000;

/**
 * Reads server-sent events. Not by EventSource, which can't send a key.
 *
 * @param {string} url
 * @param {object} options
 * @param {string | undefined} options.lastEventId from where to go on
 * @param {AbortSignal} options.signal
 * @param {() => void} options.onOpen the service answers; events come when there is something to tell
 * @returns {AsyncGenerator<CaptionEvent & { id: string | undefined }, void>}
 */
export async function* readEvents(url, { lastEventId, signal, onOpen }) {
  const silence = new AbortController();
  /** @type {Record<string, string>} */
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await ask(url, { headers, signal: AbortSignal.any([signal, silence.signal]) });
    if (response.body === null) return;
    onOpen();
    let text = '';
    for await (const part of parts(response.body.pipeThrough(new TextDecoderStream()))) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const blocks = (text + part).split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: ?(.*)/s)));
        if (fields.data) {
          yield { id: fields.id, type: fields.event, data: JSON.parse(fields.data) };
        }
      }
    }
  } catch (error) {
    throw error instanceof ApiError || signal.aborted ? error : unreachable();
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/**
 * A stream's parts; not every browser can iterate over one.
 *
 * @param {ReadableStream<string>} stream
 */
async function* parts(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
