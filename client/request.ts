// One request to the service: with the key, tried again when the service asks for it, and with errors as exceptions.
import type { Problem } from '@caption-queue/contract/errors';

/** 429 and 503 say that nothing was accepted; a repeated POST carries the same `Idempotency-Key` anyway. */
const TRY_AGAIN = new Set([429, 503]);
const DEFAULT_RETRIES = 4;
/** Where the service doesn't say how long to wait: this, doubled each time. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The service refused: `problem` says why, `problem.code` is stable. */
export class CaptionApiError extends Error {
  readonly problem: Problem;
  readonly requestId: string | null;

  constructor(problem: Problem, requestId: string | null) {
    super(problem.detail);
    this.name = 'CaptionApiError';
    this.problem = problem;
    this.requestId = requestId;
  }
}

export interface RequesterOptions {
  /** e.g. `http://127.0.0.1:5000` */
  baseUrl: string;
  /** `cq_…`; not needed while the service asks nobody for one. */
  apiKey?: string;
  /** How often a request is tried again after a broken connection, 429 or 503. Default 4. */
  retries?: number;
  /** Default: the global one. */
  fetch?: typeof globalThis.fetch;
}

interface RequestOptions {
  method?: string;
  headers?: Record<string, string>;
  body?: string | FormData;
  signal?: AbortSignal | undefined;
}

export type Requester = (path: string, options?: RequestOptions) => Promise<Response>;

/** @returns answers with 2xx; @throws CaptionApiError, or what `fetch` throws */
export function createRequester(options: RequesterOptions): Requester {
  const { baseUrl, apiKey, retries = DEFAULT_RETRIES } = options;
  const fetch = options.fetch ?? globalThis.fetch;
  const base = baseUrl.replace(/\/$/, '');

  return async (path, { method = 'GET', headers = {}, body, signal } = {}) => {
    for (let attempt = 0; ; attempt += 1) {
      const last = attempt >= retries;
      const init: RequestInit = {
        method,
        headers: { ...headers, ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
        ...(body === undefined ? {} : { body }),
        ...(signal ? { signal } : {}),
      };
      let response: Response;
      try {
        response = await fetch(base + path, init);
      } catch (error) {
        if (last || signal?.aborted) throw error;
        await pause(backOff(attempt), signal);
        continue;
      }
      if (response.ok) return response;
      if (last || !TRY_AGAIN.has(response.status)) throw await toError(response);
      await response.body?.cancel();
      const seconds = Number(response.headers.get('retry-after'));
      await pause(seconds > 0 ? seconds * 1_000 : backOff(attempt), signal);
    }
  };
}

async function toError(response: Response): Promise<CaptionApiError> {
  const { status, statusText } = response;
  const fallback = { type: 'about:blank', title: statusText, status, detail: `HTTP ${status}` };
  const problem = (await response.json().catch(() => ({}))) as Partial<Problem>;
  return new CaptionApiError(
    Object.assign(fallback, problem) as Problem,
    response.headers.get('x-request-id'),
  );
}

/** Some randomness keeps many clients from coming back at once. */
function backOff(attempt: number): number {
  return Math.min(FIRST_PAUSE_MS * 2 ** attempt, LONGEST_PAUSE_MS) * (0.5 + Math.random() / 2);
}

/** @throws the signal's reason */
export async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
  signal?.throwIfAborted();
}
