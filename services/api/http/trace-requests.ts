// A span for each request, in the trace that its caller began, if any. What the handler does is within it.
import {
  type Context,
  context,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { QUIET_ROUTES } from './request-log.ts';

/** Call before any other hook, in a process whose tracing was started. */
export function traceRequests(app: FastifyInstance): void {
  const tracer = trace.getTracer('caption-queue');
  const contexts = new WeakMap<FastifyRequest, Context>();

  app.addHook('onRequest', (request, _reply, done) => {
    const { method, id, routeOptions } = request;
    const route = routeOptions.url;
    if (route !== undefined && QUIET_ROUTES.has(route)) return done();
    const parent = propagation.extract(context.active(), request.headers);
    const span = tracer.startSpan(
      route === undefined ? method : `${method} ${route}`,
      {
        kind: SpanKind.SERVER,
        attributes: {
          'http.request.method': method,
          'url.path': request.url.split('?', 1)[0] ?? '',
          'http.route': route,
          'client.address': request.ip,
          'caption_queue.request_id': id,
        },
      },
      parent,
    );
    const active = trace.setSpan(parent, span);
    contexts.set(request, active);
    context.with(active, done);
  });

  // The body arrives in events of the socket, which know nothing of the request's context.
  app.addHook('preValidation', (request, _reply, done) => {
    const active = contexts.get(request);
    if (active === undefined) done();
    else context.with(active, done);
  });

  app.addHook('onError', async (request, _reply, error) => {
    spanOf(request)?.recordException(error);
  });

  app.addHook('onResponse', async (request, reply) => {
    const span = spanOf(request);
    span?.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span?.setStatus({ code: SpanStatusCode.ERROR });
    span?.end();
  });

  // A client that goes away gets no answer, and its span an end all the same.
  app.addHook('onRequestAbort', async (request) => {
    spanOf(request)?.setAttribute('caption_queue.aborted', true).end();
  });

  function spanOf(request: FastifyRequest) {
    const active = contexts.get(request);
    return active === undefined ? undefined : trace.getSpan(active);
  }
}
