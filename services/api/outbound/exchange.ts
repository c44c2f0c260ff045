// One outgoing HTTP request on a connection of its own, so that each one's addresses are checked.
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';

const MAX_HEADER_BYTES = 16 * 1024;

/** No answer came. The message is for whoever gave the URL. */
export class ExchangeError extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ExchangeError';
  }
}

/**
 * Sends a request and waits for the head of the answer. Follows nothing.
 *
 * @param url checked before (url-rules.ts)
 * @param options.signal ends everything, also an answer that is being read
 * @returns the answer, its body unread; whoever takes it must read or destroy it
 * @throws DomainError `url_refused` of the lookup; ExchangeError; the signal's reason
 */
export function exchange(
  url: URL,
  options: {
    method: 'GET' | 'POST';
    headers: Record<string, string>;
    body?: string;
    lookup: LookupFunction;
    signal: AbortSignal;
  },
): Promise<IncomingMessage> {
  const { method, headers, body, lookup, signal } = options;
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const request = send(url, {
      method,
      headers: {
        ...headers,
        ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
      },
      lookup,
      // A connection that is used again would skip the lookup.
      agent: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
    });
    request.once('response', resolve);
    // There may be a second one, after the answer has begun; nobody else would catch it.
    request.on('error', (error: NodeJS.ErrnoException) => {
      if (signal.aborted) reject(signal.reason);
      else if (error.name === 'DomainError') reject(error);
      else reject(new ExchangeError(explain(error), { cause: error }));
    });
    // An answer that asks for another protocol ends without an error.
    request.once('close', () =>
      reject(new ExchangeError('The connection ended without an answer.')),
    );
    request.end(body);
  });
}

const explanations: Record<string, string> = {
  ECONNREFUSED: 'The server refused the connection.',
  ECONNRESET: 'The server closed the connection without an answer.',
  EPIPE: 'The server closed the connection without an answer.',
  ENOTFOUND: 'The host name is not known.',
  EAI_AGAIN: 'The host name could not be looked up.',
  EHOSTUNREACH: 'The server cannot be reached.',
  ENETUNREACH: 'The server cannot be reached.',
  ETIMEDOUT: 'The server cannot be reached.',
  HPE_HEADER_OVERFLOW: 'The answer has too large headers.',
};

/** Connecting to a name with several addresses fails with one error of many. */
function explain(error: NodeJS.ErrnoException): string {
  const code = error.code ?? '';
  if (explanations[code] !== undefined) return explanations[code];
  if (/CERT|SSL|TLS/.test(code)) return `The server's certificate was not accepted (${code}).`;
  return `The request failed${code === '' ? '' : ` (${code})`}.`;
}
