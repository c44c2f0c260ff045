// Answers that stay open for a while: each ends when its client goes or the service closes.
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
