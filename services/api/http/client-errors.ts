// Answers requests that are so broken, or so slow, that Node's HTTP parser gives up before any route sees them.
import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { DomainError, type ErrorCode } from '@caption-queue/contract/errors';
import { buildProblemReply } from './problems.ts';

/** The answer has this long to arrive. A client that keeps its side open would keep the connection for ever, too. */
const FAREWELL_MS = 1_000;

const answers: Record<string, [ErrorCode, string]> = {
  ERR_HTTP_REQUEST_TIMEOUT: ['request_timeout', 'The request did not arrive in time.'],
  HPE_HEADER_OVERFLOW: ['headers_too_large', 'Address and headers together exceed 16 kB.'],
};

/** For Fastify's `clientErrorHandler`. */
export function answerClientError(error: { code?: string }, socket: Socket): void {
  // A client that is gone, or an answer that has begun: nothing can be said any more.
  if (error.code === 'ECONNRESET' || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const [code, detail] = answers[error.code ?? ''] ?? ['bad_request', 'This is not valid HTTP.'];
  const { status, headers, problem } = buildProblemReply(new DomainError(code, detail));
  const body = JSON.stringify(problem);
  const lines = Object.entries({
    ...headers,
    'content-length': Buffer.byteLength(body),
    'x-request-id': randomUUID(),
    connection: 'close',
  }).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`, ...lines].join('\r\n');
  socket.end(`${head}\r\n\r\n${body}`);
  const farewell = setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
  socket.once('close', () => clearTimeout(farewell));
}

/** Node keeps the response in progress on the socket; there is no public way to ask. */
function isAnswering(socket: Socket): boolean {
  const { _httpMessage: message } = socket as { _httpMessage?: { headersSent: boolean } };
  return message?.headersSent === true;
}
