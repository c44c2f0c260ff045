// Talks to the API: sends a picture, follows its caption to the end.

/** An answer that says no. */
export class ApiError extends Error {
  /** @param {{ detail: string, status?: number, retryAfterSeconds?: number }} answer */
  constructor({ detail, status, retryAfterSeconds }) {
    super(detail);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const TERMINAL = ['succeeded', 'failed', 'canceled', 'expired'];
const EVENTS = [
  'status',
  'word',
  'draft',
  'restarted',
  'completed',
  'failed',
  'canceled',
  'expired',
];
const POLL_MS = 2000;

/** @returns {Promise<any>} the JSON of an answer; rejects with an ApiError */
export async function request(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError({ detail: 'The service cannot be reached. Is it still running?' });
  }
  const body = await response.json().catch(() => ({}));
  if (response.ok) return body;
  const seconds = Number(response.headers.get('retry-after')) || undefined;
  const detail = body.detail ?? `The service answered ${response.status}.`;
  throw new ApiError({ detail, status: response.status, retryAfterSeconds: seconds });
}

/** @returns {Promise<any>} the record of the new caption */
export function upload(file, { signal }) {
  const form = new FormData();
  form.append('image', file);
  return request('/v1/captions', { method: 'POST', body: form, signal });
}

/**
 * Reports every event of a caption until the terminal one, over outages too: EventSource resumes by itself, and where
 * it gives up, the record is polled.
 *
 * @param {(type: string, data: any) => void} options.onEvent
 * @returns {Promise<any>} the finished record
 */
export function follow(record, { signal, onEvent }) {
  return new Promise((resolve, reject) => {
    const source = new EventSource(record.urls.events);
    const finish = (settle, value) => {
      source.close();
      settle(value);
    };
    signal.addEventListener('abort', () => finish(reject, signal.reason));
    for (const type of EVENTS) {
      source.addEventListener(type, (event) => {
        // The browser's own errors are called `error`; these all come from the stream.
        const data = JSON.parse(event.data);
        onEvent(type, data);
        if (TERMINAL.includes(data.status) && type !== 'status') finish(resolve, data);
      });
    }
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) {
        poll(record, { signal }).then(resolve, reject);
      }
    });
  });
}

/** Asks for the record every two seconds. */
async function poll(record, { signal }) {
  for (;;) {
    await pause(POLL_MS, signal);
    try {
      const current = await request(record.urls.self, { signal });
      if (TERMINAL.includes(current.status)) return current;
    } catch (error) {
      if (signal.aborted || error.status === 404) throw error;
    }
  }
}

/** Resolves after a time; rejects when the signal fires. */
export function pause(ms, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
