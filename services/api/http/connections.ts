// Connections that end: with their client, or with the service. Answers that stay open end with either.
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply } from 'fastify';

/**
 * Calls `then` once the answer's connection is done with it: when all was sent or the client has gone; at once where
 * that was before.
 */
export function whenClosed(reply: FastifyReply, then: () => void): void {
  // Of the connection, not of the body: the body closes only once its reader has stopped.
  const answer = reply.raw;
  const { socket } = reply.request.raw;
  if (answer.closed || socket.destroyed) {
    then();
    return;
  }
  const closed = () => {
    answer.off('close', closed);
    socket.off('close', closed);
    then();
  };
  answer.once('close', closed);
  // An answer whose turn on its connection has not come hears nothing of the connection's end.
  socket.once('close', closed);
}

export interface OpenAnswers {
  /** Fires when the connection of this answer closes, or the service is about to. */
  signalOf(reply: FastifyReply): AbortSignal;
}

export function createOpenAnswers(app: FastifyInstance): OpenAnswers {
  // They would keep a closing server waiting; clients go on at the next one.
  const open = new Set<AbortController>();
  let closing = false;
  app.addHook('preClose', async () => {
    closing = true;
    for (const answer of open) answer.abort();
  });
  return {
    signalOf(reply) {
      const answer = new AbortController();
      open.add(answer);
      whenClosed(reply, () => {
        open.delete(answer);
        answer.abort();
      });
      // Its upload was still being received, or its picture decoded, when the others were ended.
      if (closing) answer.abort();
      return answer.signal;
    },
  };
}

/**
 * Lets a closing server end soon: Node closes connections that wait for another request, but not those that have not
 * had their first.
 */
export function dropSilentConnections(app: FastifyInstance): void {
  const silent = new Set<Socket>();
  app.server.on('connection', (socket) => {
    silent.add(socket);
    socket.once('close', () => silent.delete(socket));
  });
  app.server.on('request', (request) => silent.delete(request.socket));
  app.addHook('preClose', async () => {
    for (const socket of silent) socket.destroy();
  });
}
