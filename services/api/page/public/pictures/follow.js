// Follows captions to their end: a few by their event stream, the others by asking now and then.
import { ApiError, request, waitAfter } from '../api/api.js';
import { readEvents } from '../api/events.js';
import { countDown, createTurns, pause } from '../common/waiting.js';

/**
 * @import { Caption } from '@caption-queue/contract/caption'
 * @import { CaptionEvent } from '@caption-queue/contract/events'
 *
 * @typedef {{ url: string, signal: AbortSignal, onRecord: (record: Caption) => void }} Watch
 */

/** A browser opens six connections to a server: two for words, two for uploads, two for everything else. */
const STREAMS = 2;
/** Between two questions, whoever they are about. */
const ASK_EVERY_MS = 250;

const TERMINAL = ['succeeded', 'failed', 'canceled', 'expired'];
/** @param {string} status */
export const isTerminal = (status) => TERMINAL.includes(status);

const turns = createTurns(STREAMS);
/** @type {Set<Watch>} */
const watched = new Set();
let asking = false;

/**
 * Resolves when the stream has told all, over outages too. A caption that waits for its stream is asked for meanwhile,
 * so it may be reported as ended before its words are.
 *
 * @param {Caption} record
 * @param {object} options
 * @param {AbortSignal} options.signal
 * @param {(event: CaptionEvent) => void} options.onEvent
 * @param {(record: Caption) => void} options.onRecord
 * @param {(secondsLeft: number) => void} options.onTrouble the connection is lost; tried again in so many seconds, 0 when
 *   it is there again
 */
export async function follow(record, { signal, onEvent, onRecord, onTrouble }) {
  const watch = { url: record.urls.self, signal, onRecord };
  if (!isTerminal(record.status)) watched.add(watch);
  askAround();
  const release = await turns.take(signal);
  try {
    for await (const event of resumedEvents(record.urls.events, { signal, onTrouble })) {
      // From here on the stream knows better, but not how many are ahead.
      if (event.type !== 'status' || event.data.status !== 'queued') watched.delete(watch);
      onEvent(event);
    }
  } finally {
    watched.delete(watch);
    release();
  }
}

/**
 * @param {string} url
 * @param {{ signal: AbortSignal, onTrouble: (secondsLeft: number) => void }} options
 * @returns {AsyncGenerator<CaptionEvent, void>} the events up to the one that tells of the end
 */
async function* resumedEvents(url, { signal, onTrouble }) {
  /** @type {string | undefined} */
  let lastEventId;
  const onOpen = () => onTrouble(0);
  for (let failures = 0; ; failures += 1) {
    let error = new ApiError({ detail: 'The stream broke off.' });
    try {
      for await (const event of readEvents(url, { lastEventId, signal, onOpen })) {
        failures = 0;
        lastEventId = event.id;
        yield event;
        if (event.type !== 'status' && 'status' in event.data && isTerminal(event.data.status)) {
          return;
        }
      }
    } catch (caught) {
      if (!(caught instanceof ApiError) || !caught.passes) throw caught;
      error = caught;
    }
    await countDown(waitAfter(error, failures), { signal, onSecond: onTrouble });
  }
}

/** One question at a time, in turn. */
async function askAround() {
  if (asking) return;
  asking = true;
  for (;;) {
    const [watch] = watched;
    if (watch === undefined) break;
    watched.delete(watch);
    if (watch.signal.aborted) continue;
    watched.add(watch);
    await pause(ASK_EVERY_MS);
    try {
      /** @type {Caption} */
      const record = await request(watch.url, { signal: watch.signal });
      if (!watched.has(watch)) continue;
      watch.onRecord(record);
      if (isTerminal(record.status)) watched.delete(watch);
    } catch (error) {
      // The stream's turn will come and tell what is wrong.
      if (!watch.signal.aborted) await pause(1000 * waitAfter(error, 1));
    }
  }
  asking = false;
}
