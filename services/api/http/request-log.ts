// Gives every request an id, writes one line for it and measures it.
import type { Logger } from '@caption-queue/runtime/logger';
import { DURATION_BUCKETS_SECONDS, Histogram, type Registry } from '@caption-queue/runtime/metrics';
import type { FastifyInstance } from 'fastify';

/** Asked every few seconds by machines; their lines would drown the others. */
export const QUIET_ROUTES = new Set(['/livez', '/readyz', '/metrics']);

export function logRequests(
  app: FastifyInstance,
  options: { logger: Logger; registry: Registry },
): void {
  const { logger, registry } = options;
  const duration = new Histogram({
    name: 'cq_http_request_duration_seconds',
    help: 'From the first byte of a request to the last of its answer; event streams last as long as their caption.',
    labelNames: ['method', 'route', 'status'] as const,
    buckets: DURATION_BUCKETS_SECONDS,
    registers: [registry],
  });

  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });

  app.addHook('onResponse', async (request, reply) => {
    // The pattern, never the path: an id in a label would make a time series of every caption.
    const route = request.routeOptions.url ?? 'unknown';
    const { method } = request;
    const status = reply.statusCode;
    duration.observe({ method, route, status }, reply.elapsedTime / 1000);
    const level = QUIET_ROUTES.has(route) ? 'debug' : 'info';
    const durationMs = Math.round(reply.elapsedTime);
    const { id: requestId, ip: client, access } = request;
    const { tenant, keyId } = access ?? {};
    const fields = { requestId, method, route, status, durationMs, client, tenant, keyId };
    logger[level](fields, 'request');
  });
}
