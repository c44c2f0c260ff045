// Fetches a picture from a URL that a client named, within limits of size, time and redirects.
import type { IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { DomainError } from '@caption-queue/contract/errors';
import { startDeadline } from './deadline.ts';
import { ExchangeError, exchange } from './exchange.ts';
import { checkUrl, type OutboundRules } from './url-rules.ts';

const MAX_REDIRECTS = 3;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface FetchImageOptions {
  rules: OutboundRules;
  lookup: LookupFunction;
  userAgent: string;
  maxBytes: number;
  /** For all redirects together. */
  timeoutMs: number;
  /** Of whoever waits for the picture. */
  signal?: AbortSignal | undefined;
}

/**
 * @returns the bytes, whatever they are
 * @throws DomainError `url_refused`, `image_fetch_failed`, `payload_too_large`; the signal's reason
 */
export async function fetchImage(text: string, options: FetchImageOptions): Promise<Buffer> {
  const { rules, lookup, userAgent, maxBytes, timeoutMs, signal } = options;
  let url = checkUrl(text, rules);
  const deadline = startDeadline(timeoutMs, signal);
  try {
    for (let redirects = 0; ; redirects += 1) {
      const headers = { accept: 'image/*', 'accept-encoding': 'identity', 'user-agent': userAgent };
      const answer = await exchange(url, {
        method: 'GET',
        headers,
        lookup,
        signal: deadline.signal,
      });
      const { statusCode = 0, headers: answered } = answer;
      if (statusCode === 200) return await readBody(answer, maxBytes);
      answer.destroy();
      if (!REDIRECTS.has(statusCode) || answered.location === undefined) {
        throw failed(`The server answered with status ${statusCode}.`);
      }
      if (redirects === MAX_REDIRECTS) {
        throw failed(`The server redirects more than ${MAX_REDIRECTS} times.`);
      }
      if (!URL.canParse(answered.location, url.href))
        throw failed('The server redirects to no URL.');
      url = checkUrl(new URL(answered.location, url).href, rules);
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    if (deadline.isOver) throw failed(`The picture did not arrive within ${timeoutMs / 1_000} s.`);
    if (error instanceof DomainError) throw error;
    if (error instanceof ExchangeError) throw failed(error.message, error);
    throw failed('The connection broke while the picture was read.', error);
  } finally {
    deadline.end();
  }
}

async function readBody(answer: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const tooLarge = () =>
    new DomainError('payload_too_large', `The picture is larger than ${maxBytes} bytes.`);
  if (Number(answer.headers['content-length'] ?? 0) > maxBytes) {
    answer.destroy();
    throw tooLarge();
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw tooLarge(); // leaving the loop destroys the answer
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function failed(detail: string, cause?: unknown): DomainError {
  return new DomainError('image_fetch_failed', detail, { cause });
}
