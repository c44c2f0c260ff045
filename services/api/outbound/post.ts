// Posts a body to a URL that someone registered, and learns what the receiver made of it.
import type { IncomingMessage } from 'node:http';
import type { LookupFunction } from 'node:net';
import { startDeadline } from './deadline.ts';
import { ExchangeError, exchange } from './exchange.ts';
import { checkUrl, type OutboundRules } from './url-rules.ts';

/** Enough to see an error message. */
const EXCERPT_BYTES = 1_024;
/** The status decides; nobody waits long for a body that may never end. */
const EXCERPT_TIMEOUT_MS = 1_000;

export interface PostAnswer {
  status: number;
  /** As it was sent: seconds or a date. */
  retryAfter: string | undefined;
  /** The first bytes of the body, as text. */
  excerpt: string;
}

export interface PostOptions {
  rules: OutboundRules;
  lookup: LookupFunction;
  userAgent: string;
  headers: Record<string, string>;
  body: string;
  /** Until the head of the answer. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
}

/** @throws DomainError `url_refused`; ExchangeError when no answer came in time; the signal's reason */
export async function post(text: string, options: PostOptions): Promise<PostAnswer> {
  const { rules, lookup, userAgent, headers, body, timeoutMs, signal } = options;
  const url = checkUrl(text, rules);
  const deadline = startDeadline(timeoutMs, signal);
  try {
    const answer = await exchange(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', 'user-agent': userAgent },
      body,
      lookup,
      signal: deadline.signal,
    });
    return {
      status: answer.statusCode ?? 0,
      retryAfter: answer.headers['retry-after'],
      excerpt: await readExcerpt(answer),
    };
  } catch (error) {
    if (deadline.isOver) throw new ExchangeError(`No answer within ${timeoutMs / 1_000} s.`);
    throw error;
  } finally {
    deadline.end();
  }
}

async function readExcerpt(answer: IncomingMessage): Promise<string> {
  const timer = setTimeout(() => answer.destroy(), EXCERPT_TIMEOUT_MS);
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      size += chunk.length;
      if (size >= EXCERPT_BYTES) break; // leaving the loop destroys the answer
    }
  } catch {
    // Cut off, by either side: what came is what there is to show.
  } finally {
    clearTimeout(timer);
  }
  return Buffer.concat(chunks).subarray(0, EXCERPT_BYTES).toString();
}
