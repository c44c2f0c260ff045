// One request to the service: with the key, tried again when the service asks for it, and with errors as exceptions.
import type { Problem } from '@caption-queue/contract/errors';

/** Nothing was done: there were too many requests. */
const RATE_LIMITED = 429;
/** A proxy's answers too, to a request that the service may have done; whoever repeats one must reckon with that. */
const TRY_AGAIN = new Set([RATE_LIMITED, 502, 503, 504]);
const DEFAULT_RETRIES = 4;
/** Where the service doesn't say how long to wait: this, doubled each time. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** The service refused: `problem` says why, `problem.code` is stable. */
export class CaptionApiError extends Error {
  readonly problem: Problem;
  readonly requestId: string | null;
  /** The request had been tried before, and the answer to that was lost: it may have been done then. */
  readonly mayBeDone: boolean;

  constructor(problem: Problem, options: { requestId: string | null; mayBeDone: boolean }) {
    super(problem.detail);
    this.name = 'CaptionApiError';
    this.problem = problem;
    this.requestId = options.requestId;
    this.mayBeDone = options.mayBeDone;
  }
}

export interface RequesterOptions {
  /** e.g. `http://127.0.0.1:5000` */
  baseUrl: string;
  /** `cq_…`; not needed while the service asks nobody for one. */
  apiKey?: string;
  /** How often a request is tried again after a broken connection, 429, 502, 503 or 504. Default 4. */
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

export interface Requester {
  /** @returns an answer with 2xx whose body is still to be read; @throws CaptionApiError, or what `fetch` throws */
  open(path: string, options?: RequestOptions): Promise<Response>;
  /** @returns what the body of an answer with 2xx says, read whole; @throws as `open` */
  json<T>(path: string, options?: RequestOptions): Promise<T>;
}

export function createRequester(options: RequesterOptions): Requester {
  const { baseUrl, apiKey, retries = DEFAULT_RETRIES } = options;
  const fetch = options.fetch ?? globalThis.fetch;
  const base = baseUrl.replace(/\/$/, '');

  async function send<T>(
    { path, method = 'GET', headers = {}, body, signal }: RequestOptions & { path: string },
    read: (response: Response) => Promise<T>,
  ): Promise<T> {
    const init: RequestInit = {
      method,
      headers: { ...headers, ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}) },
      body: body ?? null,
      signal: signal ?? null,
    };
    let mayBeDone = false;
    for (let attempt = 0; ; attempt += 1) {
      const isLast = attempt >= retries;
      let pauseMs = backOff(attempt);
      try {
        const response = await fetch(base + path, init);
        if (response.ok) return await read(response);
        if (isLast || !TRY_AGAIN.has(response.status)) throw await toError(response, mayBeDone);
        await response.body?.cancel();
        const seconds = Number(response.headers.get('retry-after'));
        if (seconds > 0) pauseMs = seconds * 1_000;
        if (response.status !== RATE_LIMITED) mayBeDone = true;
      } catch (error) {
        if (isLast || signal?.aborted || isAnswer(error)) throw error;
        mayBeDone = true;
      }
      await pause(pauseMs, signal);
    }
  }

  return {
    open: (path, options) => send({ path, ...options }, async (response) => response),
    json<T>(path: string, options?: RequestOptions) {
      return send({ path, ...options }, (response) => response.json() as Promise<T>);
    },
  };
}

/** Is this what the service said, rather than a connection that broke before it had said all? */
function isAnswer(error: unknown): boolean {
  return error instanceof CaptionApiError || error instanceof SyntaxError;
}

async function toError(response: Response, mayBeDone: boolean): Promise<CaptionApiError> {
  const { status, statusText } = response;
  const fallback = { type: 'about:blank', title: statusText, status, detail: `HTTP ${status}` };
  const problem = await response.json().catch((error: unknown) => {
    if (!isAnswer(error)) throw error;
    return {};
  });
  const requestId = response.headers.get('x-request-id');
  return new CaptionApiError(Object.assign(fallback, problem) as Problem, { requestId, mayBeDone });
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
