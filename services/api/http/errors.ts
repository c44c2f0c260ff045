// The one place where errors become answers, and unknown addresses and methods become errors.
import { DomainError } from '@caption-queue/contract/errors';
import type { Logger } from '@caption-queue/runtime/logger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { buildProblemReply, type ProblemReply } from './problems.ts';

/** After these the rest of the upload is still on its way, so the connection can't carry another request. */
const UPLOAD_UNREAD = new Set([408, 413]);

export function sendProblem(reply: FastifyReply, error: unknown): FastifyReply {
  const { status, headers, problem } = buildProblemReply(error);
  if (UPLOAD_UNREAD.has(status)) reply.header('connection', 'close');
  // Errors of the router come before any hook.
  reply.header('x-request-id', reply.request.id);
  return reply
    .code(status)
    .headers(headers)
    .send(Buffer.from(JSON.stringify(problem)));
}

export interface UnknownAddresses {
  /**
   * Answers OPTIONS with the methods of an address, whoever asks under whatever name: load balancers probe with it.
   * A browser's preflight is left to others. Call before the hooks that refuse requests.
   */
  answerOptions(): void;
  /** Refuses what no route takes. Call after the hooks that see every request, and before any route is added. */
  refuse(): void;
}

/** Call before any route is added: it remembers which methods each address has. */
export function handleErrors(app: FastifyInstance, options: { logger: Logger }): UnknownAddresses {
  const routes = new Map<string, { pattern: RegExp; methods: Set<string> }>();

  app.addHook('onRoute', ({ url, method }) => {
    const known = routes.get(url) ?? { pattern: toPattern(url), methods: new Set() };
    for (const name of [method].flat()) known.methods.add(name);
    routes.set(url, known);
  });
  app.setErrorHandler(createErrorHandler(options));

  /** @returns undefined where there is nothing */
  function methodsAt(request: FastifyRequest): string | undefined {
    const path = pathOf(request);
    // An address of its own comes before one with a parameter that it would fit, as in the router.
    const route =
      routes.get(path) ?? [...routes.values()].find(({ pattern }) => pattern.test(path));
    return route && [...route.methods].join(', ');
  }

  function refuseUnknown(request: FastifyRequest, reply: FastifyReply): never {
    const allowed = methodsAt(request);
    if (allowed === undefined) {
      throw new DomainError('not_found', 'There is nothing at this address; see /openapi.json.');
    }
    reply.header('allow', allowed);
    const detail = `${request.method} is not possible here; only ${allowed}.`;
    throw new DomainError('method_not_allowed', detail);
  }
  app.setNotFoundHandler((request, reply) => refuseUnknown(request, reply));

  return {
    answerOptions() {
      app.addHook('onRequest', async (request, reply) => {
        const { method, headers, raw } = request;
        const isPreflight = headers['access-control-request-method'] !== undefined;
        if (method !== 'OPTIONS' || isPreflight) return;
        if (headers.host === undefined && raw.httpVersion !== '1.0') return;
        const allowed = methodsAt(request);
        if (allowed !== undefined) reply.header('allow', allowed);
        // `*` asks for no address, only whether there is a server.
        if (allowed !== undefined || request.url === '*') return reply.code(204).send();
      });
    },
    refuse() {
      // Before a body is read that nobody wants; and before the router's second choice, where a parameter fits.
      app.addHook('onRequest', async (request, reply) => {
        const methods = routes.get(pathOf(request))?.methods;
        const known = methods === undefined || methods.has(request.method);
        if (request.is404 || !known) refuseUnknown(request, reply);
      });
    },
  };
}

/** @param options.send answers in another shape than problem+json */
export function createErrorHandler(options: {
  logger: Logger;
  send?: (reply: FastifyReply, answer: ProblemReply) => FastifyReply;
}) {
  const { logger, send } = options;
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const answer = buildProblemReply(error);
    const { code, status } = answer.problem;
    if (status >= 500) {
      const level = code === 'internal_error' ? 'error' : 'warn';
      logger[level]({ err: error, requestId: request.id, code }, 'request failed');
    }
    return send === undefined ? sendProblem(reply, error) : send(reply, answer);
  };
}

/** As the router takes it: without query, and without a slash at the end. */
const pathOf = ({ url }: FastifyRequest) => url.replace(/(?<=.)\/?(\?.*)?$/s, '');

/** `/v1/captions/:id` → a pattern that matches one segment for each parameter. */
function toPattern(url: string): RegExp {
  const escaped = url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[^/]+/g, '[^/]+');
  return new RegExp(`^${escaped}$`);
}
