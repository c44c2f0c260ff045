// Answers that stay open for a while: each ends when its client goes or the service closes.
import type { FastifyInstance, FastifyReply } from 'fastify';

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
      // Of the connection, not of the body: the body closes only once its reader has stopped.
      reply.raw.once('close', () => {
        open.delete(answer);
        answer.abort();
      });
      // Its upload was still being received, or its picture decoded, when the others were ended.
      if (closing) answer.abort();
      return answer.signal;
    },
  };
}
