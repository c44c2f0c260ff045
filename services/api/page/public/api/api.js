// Talks to the API: JSON answers and uploads with progress; asks for a key when one is wanted.
import { authorization, wantKey } from './key.js';

/**
 * @import { Caption } from '@caption-queue/contract/caption'
 * @import { Problem } from '@caption-queue/contract/errors'
 * @import { PictureSource } from '../pictures/picture.js'
 *
 * @typedef {Omit<RequestInit, 'headers'> & { headers?: Record<string, string> }} RequestOptions
 */

/** An answer that says no, or no answer at all (then without `status`). */
export class ApiError extends Error {
  /**
   * @param {{ detail: string, code?: string | undefined, status?: number, retryAfterSeconds?: number | undefined }} answer
   */
  constructor({ detail, code, status, retryAfterSeconds }) {
    super(detail);
    this.code = code;
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  /** Would the same request be answered later? */
  get passes() {
    return this.status === undefined || [408, 429, 502, 503, 504].includes(this.status);
  }
}

/** No answer came at all. */
export const unreachable = () => new ApiError({ detail: 'The service cannot be reached.' });

/** @param {unknown} error @returns {string} what to say of it */
export const messageOf = (error) => (error instanceof Error ? error.message : String(error));

/** @param {unknown} error @returns {number | undefined} of the answer that it was */
export const statusOf = (error) => (error instanceof ApiError ? error.status : undefined);

const LONGEST_WAIT_SECONDS = 15;

/**
 * @param {unknown} error
 * @param {number} failures
 * @returns {number} seconds to wait after so many: what the service says, else longer each time
 */
export function waitAfter(error, failures) {
  const asked = error instanceof ApiError ? error.retryAfterSeconds : undefined;
  return Math.ceil(asked ?? Math.min(2 ** failures, LONGEST_WAIT_SECONDS));
}

/** @param {{ status: number, text: string, retryAfter: string | null }} answer its body and the header `Retry-After` */
function refusal({ status, text, retryAfter }) {
  /** @type {Partial<Problem>} */
  let problem = {};
  try {
    problem = JSON.parse(text) ?? {};
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

/**
 * Sends a request, again with a key when one was asked for.
 *
 * @param {string} url
 * @param {RequestOptions} [options]
 * @returns {Promise<Response>} an answer that is ok
 */
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
    const error = refusal({
      status: response.status,
      text: await response.text().catch(() => ''),
      retryAfter: response.headers.get('retry-after'),
    });
    if (error.status !== 401 || !(await wantKey(error.message, sent))) throw error;
  }
}

/**
 * @template Answer
 * @param {string} text
 * @returns {Answer}
 * @throws an error when it is no JSON, as the page of a network that wants a login
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('Another program answered in the place of the service.');
  }
}

/**
 * @template Answer
 * @param {string} url
 * @param {RequestOptions} [options]
 * @returns {Promise<Answer>} the JSON of the answer
 * @throws ApiError
 */
export async function request(url, options) {
  return parsed(await (await ask(url, options)).text());
}

/**
 * @template Answer
 * @param {string} url
 * @param {object} body
 * @param {RequestOptions} [options]
 * @returns {Promise<Answer>} the JSON of the answer
 * @throws ApiError
 */
export const postJson = (url, body, options) =>
  request(url, {
    ...options,
    method: 'POST',
    headers: { 'content-type': 'application/json', ...options?.headers },
    body: JSON.stringify(body),
  });

/**
 * Asks for a caption. The key makes it safe to send the same again.
 *
 * @param {PictureSource} source
 * @param {object} options
 * @param {string} options.idempotencyKey
 * @param {AbortSignal} options.signal
 * @param {(share: number) => void} options.onProgress 0 to 1 of the bytes
 * @returns {Promise<Caption>} the new caption
 */
export async function createCaption(source, { idempotencyKey, signal, onProgress }) {
  // Done anew though the answer may be known: only then are there words to watch, and where each was found.
  const headers = { 'idempotency-key': idempotencyKey, 'cache-control': 'no-cache' };
  const { file, url } = source;
  if (file === undefined) return postJson('/v1/captions', { image_url: url }, { headers, signal });
  for (;;) {
    const sent = authorization();
    try {
      const options = { headers: { ...headers, ...sent }, signal, onProgress };
      return parsed(await upload(file, options));
    } catch (error) {
      if (statusOf(error) !== 401 || !(await wantKey(messageOf(error), sent))) throw error;
    }
  }
}

/**
 * By XMLHttpRequest, since `fetch` doesn't tell how much of a body was sent.
 *
 * @param {File} file
 * @param {{ headers: Record<string, string>, signal: AbortSignal, onProgress: (share: number) => void }} options
 * @returns {Promise<string>} the answer's body
 */
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
      if (status >= 200 && status < 300) resolve(responseText);
      else {
        const retryAfter = xhr.getResponseHeader('retry-after');
        reject(refusal({ status, text: responseText, retryAfter }));
      }
    });
    xhr.send(form);
  });
}
