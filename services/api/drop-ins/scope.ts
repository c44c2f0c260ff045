// What the drop-ins have in common towards HTTP: JSON in the other API's shapes, errors too.
import type { Problem } from '@caption-queue/contract/errors';
import type { Logger } from '@caption-queue/runtime/logger';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { createErrorHandler } from '../http/errors.ts';
import { buildProblemReply } from '../http/problems.ts';

/** An error as the other API writes it. */
export type ErrorBody = (problem: Problem) => object;

/** Exactly this content type: Fastify would append a charset to text, which some clients don't take. */
export function sendJson(reply: FastifyReply, body: object): FastifyReply {
  return reply.header('content-type', 'application/json').send(Buffer.from(JSON.stringify(body)));
}

/** Gives the errors of a scope another shape; their status stays. */
export function shapeErrors(
  scope: FastifyInstance,
  { logger, errorBody }: { logger: Logger; errorBody: ErrorBody },
): void {
  scope.setErrorHandler(
    createErrorHandler({
      logger,
      send: (reply, { status, headers, problem }) =>
        sendJson(reply.code(status).headers(headers), errorBody(problem)),
    }),
  );
}

/** Says with every answer of a scope that the text of a prompt makes no difference. */
export function ignorePrompts(scope: FastifyInstance): void {
  scope.addHook('onRequest', async (_request, reply) => {
    reply.header('x-prompt-ignored', 'true');
  });
}

/** Of an answer that is sent as it comes. */
export const streamHeaders = {
  // An idle connection that outlives its stream would keep a closing server waiting.
  connection: 'close',
  // nginx would hold words back until its buffer is full.
  'x-accel-buffering': 'no',
};

/**
 * Text that is sent as it comes. What goes wrong after it has begun can have no status any more.
 *
 * @param options.failed the last text then, by the error's body
 */
export async function* endWithError(
  texts: AsyncGenerator<string, void, void>,
  options: {
    logger: Logger;
    requestId: string;
    errorBody: ErrorBody;
    failed: (body: object) => string;
  },
): AsyncGenerator<string, void, void> {
  const { logger, requestId, errorBody, failed } = options;
  try {
    yield* texts;
  } catch (error) {
    const { problem } = buildProblemReply(error);
    logger.warn({ err: error, requestId, code: problem.code }, 'request failed');
    yield failed(errorBody(problem));
  }
}
