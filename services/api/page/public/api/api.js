// Talks to the API: JSON answers, uploads with progress, event streams; asks for a key when one is wanted.
import { authorization, wantKey } from './key.js';

/** An answer that says no, or no answer at all (then without `status`). */
export class ApiError extends Error {
  /** @param {{ detail: string, code?: string, status?: number, retryAfterSeconds?: number }} answer */
  constructor({ detail, code, status, retryAfterSeconds }) {
    super(detail);
    Object.assign(this, { code, status, retryAfterSeconds });
  }

  /** Would the same request be answered later? */
  get passes() {
    return this.status === undefined || [408, 429, 502, 503, 504].includes(this.status);
  }
}

/** A stream sends a comment every 15 s at least; one that is silent for longer has died unnoticed. */
const SILENCE_MS = 40_000;

const unreachable = () => new ApiError({ detail: 'The service cannot be reached.' });

/** @returns {ApiError} from a status, the body's text and the header `Retry-After` */
function refusal(status, text, retryAfter) {
  let problem = {};
  try {
    problem = JSON.parse(text);
  } catch {
    // A proxy's answer is no problem+json.
  }
  return new ApiError({
    detail: problem.detail ?? `The service answered ${status}.`,
    code: problem.code,
    status,
    retryAfterSeconds: Number(retryAfter) || undefined,
  });
}

/** Sends a request, again with a key when one was asked for. @returns {Promise<Response>} an answer that is ok */
export async function ask(url, { headers, ...options } = {}) {
  for (;;) {
    const sent = authorization();
    let response;
    try {
      response = await fetch(url, { ...options, headers: { ...headers, ...sent } });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw unreachable();
    }
    if (response.ok) return response;
    const error = refusal(
      response.status,
      await response.text().catch(() => ''),
      response.headers.get('retry-after'),
    );
    if (error.status !== 401 || !(await wantKey(error.message, sent))) throw error;
  }
}

/** @returns {Promise<any>} the JSON of an answer, undefined when it has no body; rejects with an ApiError */
export async function request(url, options) {
  const response = await ask(url, options);
  return response.status === 204 ? undefined : response.json();
}

export const postJson = (url, body, options) =>
  request(url, {
    ...options,
    method: 'POST',
    ...(body && {
      headers: { 'content-type': 'application/json', ...options?.headers },
      body: JSON.stringify(body),
    }),
  });

/**
 * Asks for a caption. The key makes it safe to send the same again.
 *
 * @param {{ file?: File, url?: string }} source
 * @param {(share: number) => void} options.onProgress 0 to 1 of the bytes
 * @returns {Promise<any>} the record of the new caption
 */
export async function send(source, { idempotencyKey, signal, onProgress }) {
  // Done anew though the answer may be known: only then are there words to watch, and where each was found.
  const headers = { 'idempotency-key': idempotencyKey, 'cache-control': 'no-cache' };
  if (source.url) return postJson('/v1/captions', { image_url: source.url }, { headers, signal });
  for (;;) {
    const sent = authorization();
    try {
      return await upload(source.file, { headers: { ...headers, ...sent }, signal, onProgress });
    } catch (error) {
      if (error.status !== 401 || !(await wantKey(error.message, sent))) throw error;
    }
  }
}

/** By XMLHttpRequest, since `fetch` doesn't tell how much of a body was sent. */
function upload(file, { headers, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const form = new FormData();
    form.append('image', file);
    const xhr = new XMLHttpRequest();
    xhr.open('POST', '/v1/captions');
    for (const [name, value] of Object.entries(headers)) xhr.setRequestHeader(name, value);
    const abort = () => xhr.abort();
    signal.addEventListener('abort', abort);
    xhr.addEventListener('loadend', () => signal.removeEventListener('abort', abort));
    xhr.upload.addEventListener('progress', (event) => onProgress(event.loaded / event.total));
    xhr.addEventListener('error', () => reject(unreachable()));
    xhr.addEventListener('abort', () => reject(signal.reason));
    xhr.addEventListener('load', () => {
      const { status, responseText } = xhr;
      if (status >= 200 && status < 300) resolve(JSON.parse(responseText));
      else reject(refusal(status, responseText, xhr.getResponseHeader('retry-after')));
    });
    xhr.send(form);
  });
}

/**
 * Reads server-sent events. Not by EventSource, which can't send a key.
 *
 * @param {string | undefined} options.lastEventId from where to go on
 * @param {() => void} options.onOpen the service answers; events come when there is something to tell
 * @yields {{ id: string, type: string, data: object }}
 */
export async function* readEvents(url, { lastEventId, signal, onOpen }) {
  const silence = new AbortController();
  const headers = lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await ask(url, { headers, signal: AbortSignal.any([signal, silence.signal]) });
    if (response.status === 204) return;
    onOpen();
    let text = '';
    for await (const part of parts(response.body.pipeThrough(new TextDecoderStream()))) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      const blocks = (text + part).split('\n\n');
      text = blocks.pop();
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

/** A stream's parts; not every browser can iterate over one. */
async function* parts(stream) {
  const reader = stream.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
