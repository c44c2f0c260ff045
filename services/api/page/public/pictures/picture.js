// What becomes of a picture: sent, queued, captioned or refused. Cards show it, the history keeps it.
import { ApiError, ask, messageOf, request } from '../api/api.js';
import { quantised } from '../card/attention.js';
import { follow, isTerminal } from './follow.js';
import * as history from './history.js';
import { random, sendPicture } from './sending.js';
import { makeThumbnail } from './thumbnail.js';

/**
 * @import { Caption, CaptionStatus } from '@caption-queue/contract/caption'
 * @import { CaptionEvent } from '@caption-queue/contract/events'
 *
 * @typedef {{ file: File, url?: undefined } | { file?: undefined, url: string }} PictureSource
 * @typedef {CaptionStatus | 'waiting' | 'sending' | 'held' | 'offline'} PictureStatus
 * @typedef {{ text: string, attention?: Uint8Array | null }} Word `attention`: 64 of 0 to 255
 * @typedef {(picture: Picture) => void} OnChange
 *
 * @typedef {object} KeptPicture what stays over a reload
 * @property {string} key sorts by time
 * @property {string} name
 * @property {PictureStatus} status
 * @property {Caption} [record]
 * @property {Word[]} [words]
 * @property {Blob | null} [thumbnail]
 * @property {string | null} [problem]
 * @property {PictureSource | undefined} [source] a file only before it was kept
 */

/**
 * Would the same be refused again? Another's site may answer next time.
 *
 * @param {unknown} error
 */
const isLasting = (error) =>
  error instanceof ApiError &&
  [400, 413, 415, 422].includes(error.status ?? 0) &&
  error.code !== 'image_fetch_failed';

/** From here on a person wonders. */
const SLOW_MS = 20_000;

/**
 * @param {PictureSource} source
 * @param {number} place in what was added together, 0 to 999
 * @param {OnChange} onChange
 */
export function newPicture(source, place, onChange) {
  // Sorts by time; of what was added together the first is the newest.
  const key = `${Date.now().toString(36)}-${999 - place}-${random()}`;
  const name = source.file ? source.file.name || 'Pasted picture' : nameOf(source.url);
  return new Picture({ key, name, source, status: 'waiting' }, onChange);
}

/**
 * @param {KeptPicture} entry
 * @param {OnChange} onChange
 */
export const knownPicture = (entry, onChange) => new Picture(entry, onChange);

/** @param {string} url */
const nameOf = (url) => {
  const { hostname, pathname } = new URL(url);
  const last = pathname.split('/').pop() ?? '';
  try {
    return decodeURI(last) || hostname;
  } catch {
    // Not every percent sign in an address stands for a letter.
    return last;
  }
};

export class Picture {
  #onChange;
  #abort = new AbortController();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #slow;
  #removed = false;

  /** What a caption that is not final may become. */
  draft = '';
  /** How much of its file was sent, 0 to 1. */
  progress = 0;
  /** Seconds until it is sent again. */
  seconds = 0;
  /** Seconds until it is followed again; 0 while it is. */
  lost = 0;
  /** Captions before it in the queue. */
  ahead = 0;
  slow = false;
  canceling = false;
  /** Sent again, it would be refused again. */
  refused = false;
  /** Its file is of a kind that the browser can't show. */
  unseen = false;

  /**
   * @param {KeptPicture} entry
   * @param {OnChange} onChange
   */
  constructor({ key, name, status, source, record, words, thumbnail, problem }, onChange) {
    this.key = key;
    this.name = name;
    this.status = status;
    this.source = source;
    this.record = record;
    this.words = words ?? [];
    this.thumbnail = thumbnail ?? null;
    this.problem = problem ?? null;
    this.#onChange = onChange;
  }

  get signal() {
    return this.#abort.signal;
  }

  get ended() {
    return isTerminal(this.status);
  }

  /** Can it be sent again? Not what was refused for good, nor, after a reload, a file. */
  get repeatable() {
    return this.source !== undefined && !this.refused;
  }

  /** @param {Partial<Picture>} values */
  #change(values) {
    const moved = values.status !== undefined && values.status !== this.status;
    Object.assign(this, values);
    if (moved) this.#watchTime();
    this.#onChange(this);
  }

  #watchTime() {
    clearTimeout(this.#slow);
    this.slow = false;
    if (this.ended || this.status === 'waiting') return;
    this.#slow = setTimeout(() => this.#change({ slow: true }), SLOW_MS);
  }

  /** Sends and follows it, or goes on following after a reload. Never rejects. */
  async run() {
    const { signal, source } = this;
    if (source?.file && this.thumbnail === null) this.#show(source.file);
    try {
      const onChange = (/** @type {Partial<Picture>} */ values) => this.#change(values);
      const record = this.record ?? (source && (await sendPicture(source, { signal, onChange })));
      if (record === undefined)
        throw new Error('It was lost before it was sent. Add it once more.');
      this.record = record;
      this.#apply(record);
      await this.#keep();
      await follow(record, {
        signal,
        onEvent: (event) => this.#onEvent(event),
        onRecord: (record) => this.#apply(record),
        onTrouble: (seconds) => this.#change({ lost: seconds }),
      });
    } catch (error) {
      if (signal.aborted || this.ended) return;
      const refused = isLasting(error);
      this.#change({ status: 'failed', lost: 0, problem: messageOf(error), refused });
    }
    await this.#keep();
  }

  /** @param {File} file */
  async #show(file) {
    const thumbnail = await makeThumbnail(file, this.signal).catch(() => null);
    if (this.signal.aborted) return;
    this.#change({ thumbnail, unseen: thumbnail === null });
    if (this.record) await this.#keep();
  }

  /** @param {CaptionEvent} event */
  #onEvent({ type, data }) {
    if (type === 'word') {
      const { index, text, attention } = data;
      const words = [...this.words.slice(0, index), { text, attention: quantised(attention) }];
      this.#change({ words });
    } else if (type === 'draft') this.#change({ draft: data.caption });
    else if (type === 'restarted') this.#change({ words: [], draft: '' });
    else if (type === 'status') {
      if (!this.ended) this.#change({ status: data.status });
    } else if (this.record) {
      // A stream's last event lacks the addresses.
      this.#apply({ ...this.record, ...data });
    }
  }

  /**
   * Believes a record, unless the stream told of the end already.
   *
   * @param {Caption} record
   */
  #apply(record) {
    const { status, queue, error } = record;
    if (this.ended && !isTerminal(status)) return;
    this.#change({
      status,
      record,
      lost: 0,
      ahead: queue.ahead,
      problem: error?.detail ?? null,
    });
  }

  async cancel() {
    const { record } = this;
    this.#change({ canceling: true });
    if (!record) {
      this.#stop();
      return this.#change({ status: 'canceled', canceling: false });
    }
    try {
      /** @type {Caption} */
      const canceled = await request(record.urls.cancel, { method: 'POST' });
      if (this.record?.id === record.id) this.#apply(canceled);
    } catch {
      // It has ended meanwhile, and the stream says how; or the service is away, and so is the answer.
    }
    // What was asked for anew meanwhile is not this one.
    if (this.record?.id === record.id) this.#change({ canceling: false });
  }

  /** Once more from the beginning, under a new id. */
  retry() {
    this.#stop();
    this.record = undefined;
    this.#change({ words: [], draft: '', problem: null, status: 'waiting', canceling: false });
    return this.run();
  }

  /** Forgets it, here and in the service. */
  async remove() {
    this.#removed = true;
    this.#stop();
    await history.forget(this.key);
    if (this.record) await ask(this.record.urls.self, { method: 'DELETE' }).catch(() => {});
  }

  #stop() {
    clearTimeout(this.#slow);
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  #keep() {
    if (this.record === undefined || this.#removed) return;
    const { key, name, status, record, words, thumbnail, problem } = this;
    const source = this.source?.url === undefined ? undefined : { url: this.source.url };
    return history.save({ key, name, status, record, words, thumbnail, problem, source });
  }
}
