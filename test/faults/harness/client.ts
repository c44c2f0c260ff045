// A client that doesn't give up: it repeats what was not acknowledged under the same key, and polls until the end.
import { setTimeout as delay } from 'node:timers/promises';
import type { Caption } from '@caption-queue/contract/caption';
import type { Ledger } from './ledger.ts';

const PATIENCE_MS = 60_000;
/** It should retry a little later than at once, as clients do, and without a pause that hides an outage. */
const PAUSE_MS = 100;
/** Nothing takes so long but a connection that nobody will ever answer. */
const REQUEST_TIMEOUT_MS = 30_000;

export interface Upload {
  picture: Uint8Array;
  key?: string;
  headers?: Record<string, string>;
  query?: Record<string, string>;
}

/** One request, whatever its answer. Each picture is really worked on, also one that was captioned before. */
export function post(url: string, upload: Upload): Promise<Response> {
  const { picture, key, headers, query = {} } = upload;
  return fetch(`${url}/v1/captions?${new URLSearchParams(query)}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/octet-stream',
      'cache-control': 'no-cache',
      ...(key === undefined ? {} : { 'idempotency-key': key }),
      ...headers,
    },
    body: new Uint8Array(picture),
    signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
  });
}

/** Of the caption that an answer is about. */
export async function idOf(response: Response): Promise<string> {
  return ((await response.json()) as Caption).id;
}

/**
 * Posts until it is acknowledged.
 *
 * @throws Error when the answer is a refusal for good, or there is none for a minute
 */
export async function insist(
  url: string,
  upload: Upload & { key: string; ledger?: Ledger },
): Promise<string> {
  const { key, ledger } = upload;
  const caption = await persist(() => post(url, upload));
  ledger?.acknowledge(key, caption.id);
  return caption.id;
}

/**
 * Polls until the caption is in a terminal state, over outages.
 *
 * @param options `patienceMs`: default a minute
 * @throws Error when it isn't after that time
 */
export async function untilEnded(
  url: string,
  id: string,
  options: { ledger?: Ledger; headers?: Record<string, string>; patienceMs?: number } = {},
): Promise<Caption> {
  const { ledger, headers = {}, patienceMs = PATIENCE_MS } = options;
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const caption = await persist(() =>
      fetch(`${url}/v1/captions/${id}`, {
        headers,
        signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
      }),
    );
    if (caption.completed_at !== null) {
      ledger?.end(caption);
      return caption;
    }
    if (Date.now() > deadline) {
      throw new Error(`${id} is still ${caption.status} after ${patienceMs / 1000} s.`);
    }
    await delay(PAUSE_MS);
  }
}

async function persist(request: () => Promise<Response>): Promise<Caption> {
  const deadline = Date.now() + PATIENCE_MS;
  let last = '';
  while (Date.now() < deadline) {
    try {
      const response = await request();
      if (response.ok) return (await response.json()) as Caption;
      last = `${response.status} ${await response.text()}`;
      if (response.status < 500 && response.status !== 429) break;
    } catch (error) {
      last = String(error);
    }
    await delay(PAUSE_MS);
  }
  throw new Error(`Not acknowledged: ${last}`);
}
