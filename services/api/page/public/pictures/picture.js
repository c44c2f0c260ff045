// What becomes of a picture: sent, queued, captioned or refused. Cards show it, the history keeps it.
import { ApiError, postJson, request, send } from '../api/api.js';
import { countDown, createTurns, waitAfter } from '../common/waiting.js';
import { limits } from '../service/greet.js';
import { follow, isTerminal } from './follow.js';
import * as history from './history.js';
import { makeThumbnail } from './thumbnail.js';

const UPLOADS = 2;
/** After so many broken connections in a row the service is asked whether it is there at all. */
const BROKEN_UPLOADS = 3;
/** Would the same be refused again? Another's site may answer next time. */
const isLasting = ({ status, code }) =>
  [400, 413, 415, 422].includes(status) && code !== 'image_fetch_failed';
/** From here on a person wonders. */
const SLOW_MS = 20_000;

const turns = createTurns(UPLOADS);
const random = () =>
  [...crypto.getRandomValues(new Uint8Array(12))].map((n) => (n % 36).toString(36)).join('');

/**
 * @param {{ file?: File, url?: string }} source
 * @param {number} place in what was added together, 0 to 999
 * @param {(picture: Picture) => void} onChange
 */
export function newPicture(source, place, onChange) {
  // Sorts by time; of what was added together the first is the newest.
  const key = `${Date.now().toString(36)}-${999 - place}-${random()}`;
  const name = source.url ? nameOf(source.url) : source.file.name || 'Pasted picture';
  return new Picture({ key, name, source, status: 'waiting' }, onChange);
}

/** @param {any} entry as `Picture.kept` made it */
export const knownPicture = (entry, onChange) => new Picture(entry, onChange);

const nameOf = (url) => {
  const { hostname, pathname } = new URL(url);
  const last = pathname.split('/').pop();
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
  #slow;
  #removed = false;

  constructor(entry, onChange) {
    /** What was said of it, besides `status`; each is only there in the states it belongs to. */
    Object.assign(this, { words: [], draft: '', problem: null, thumbnail: null }, entry);
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
    const { signal } = this;
    if (this.source?.file && this.thumbnail === null) this.#show();
    try {
      this.record ??= await this.#deliver();
      this.#take(this.record);
      await this.#keep();
      await follow(this.record, {
        signal,
        onEvent: (event) => this.#hear(event),
        onRecord: (record) => this.#take(record),
        onTrouble: (seconds) => this.#change({ lost: seconds }),
      });
    } catch (error) {
      if (signal.aborted || this.ended) return;
      const refused = isLasting(error);
      this.#change({ status: 'failed', lost: 0, problem: error.message, refused });
    }
    await this.#keep();
  }

  async #show() {
    const thumbnail = await makeThumbnail(this.source.file, this.signal).catch(() => null);
    if (this.signal.aborted) return;
    this.#change({ thumbnail, unseen: thumbnail === null });
    if (this.record) await this.#keep();
  }

  async #deliver() {
    const { signal } = this;
    this.#change({ status: 'waiting', problem: null });
    refuseTooLarge(this.source.file);
    const release = await turns.take(signal);
    // Sending again after a broken connection must not make two captions of it.
    const idempotencyKey = random();
    try {
      for (let failures = 1; ; failures += 1) {
        this.#change({ status: 'sending', progress: 0 });
        try {
          const onProgress = (progress) => this.#change({ progress });
          return await send(this.source, { idempotencyKey, signal, onProgress });
        } catch (error) {
          if (!(error instanceof ApiError) || !error.passes) throw error;
          if (error.status === undefined && failures >= BROKEN_UPLOADS) await complainIfAlive();
          await countDown(waitAfter(error, failures), {
            signal,
            onSecond: (seconds) =>
              this.#change({
                status: error.status === undefined ? 'offline' : 'held',
                seconds,
                problem: error.message,
              }),
          });
          this.#change({ problem: null });
        }
      }
    } finally {
      release();
    }
  }

  #hear({ type, data }) {
    if (type === 'word') {
      const { index, text, attention } = data;
      const words = [...this.words.slice(0, index), { text, attention: quantised(attention) }];
      this.#change({ words });
    } else if (type === 'draft') this.#change({ draft: data.caption });
    else if (type === 'restarted') this.#change({ words: [], draft: '' });
    else if (type !== 'status') this.#take(data);
    else if (!this.ended) this.#change({ status: data.status });
  }

  /** Believes a record, unless the stream told of the end already. */
  #take(record) {
    const { status, queue, error } = record;
    if (this.ended && !isTerminal(status)) return;
    this.#change({
      status,
      // A stream's last event lacks the addresses.
      record: { ...this.record, ...record },
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
      this.#take(await postJson(record.urls.cancel));
    } catch {
      // It has ended meanwhile, and the stream says how; or the service is away, and so is the answer.
    }
    this.#change({ canceling: false });
  }

  /** Once more from the beginning, under a new id. */
  retry() {
    this.#stop();
    this.record = undefined;
    this.#change({ words: [], draft: '', problem: null, status: 'waiting' });
    return this.run();
  }

  /** Forgets it, here and in the service. */
  async remove() {
    this.#removed = true;
    this.#stop();
    await history.forget(this.key);
    if (this.record) await request(this.record.urls.self, { method: 'DELETE' }).catch(() => {});
  }

  #stop() {
    clearTimeout(this.#slow);
    this.#abort.abort();
    this.#abort = new AbortController();
  }

  #keep() {
    if (this.record === undefined || this.#removed) return;
    const { key, name, status, record, words, thumbnail, problem } = this;
    const source = this.source?.url ? { url: this.source.url } : undefined;
    return history.save({ key, name, status, record, words, thumbnail, problem, source });
  }
}

/** Numbers of which only proportions are shown need no more than a byte. @returns {Uint8Array | null} 64 of 0 to 255 */
function quantised(weights) {
  if (!weights) return null;
  const most = Math.max(...weights);
  return Uint8Array.from(weights, (weight) => Math.round((weight / most) * 255));
}

/** A service may hang up on a body that is too large before it can say so. */
function refuseTooLarge({ size } = {}) {
  if (!(size > limits.uploadBytes)) return;
  const inMegabytes = (bytes) => `${(bytes / 1024 / 1024).toFixed(1)} MB`;
  throw new ApiError({
    status: 413,
    detail: `This picture has ${inMegabytes(size)}, more than the ${inMegabytes(limits.uploadBytes)} that the service takes. Send a smaller one.`,
  });
}

/** A service that answers but breaks off uploads will do so again. */
async function complainIfAlive() {
  const alive = await request('/livez').catch(() => undefined);
  if (alive) {
    throw new ApiError({ detail: 'The connection broke off each time while this was being sent.' });
  }
}
