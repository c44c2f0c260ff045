// Lets a closing server end soon: requests are finished, connections on which none has begun are dropped.
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Node closes connections that wait for another request, but not those that have not had their first. */
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
