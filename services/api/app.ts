// Builds the HTTP application. It never listens: `main.ts` owns the port, tests inject or listen themselves.
import { randomUUID } from 'node:crypto';
import { type FastifyInstance, fastify } from 'fastify';
import { authenticate } from './access/access.ts';
import { allowOrigins } from './access/cors.ts';
import { keepToOwnSite } from './access/own-site.ts';
import { createBatchRoute } from './batches/create.ts';
import { readBatchRoutes } from './batches/read.ts';
import { createCaptionRoute } from './captions/create.ts';
import { endCaptionRoutes } from './captions/end.ts';
import { captionEventsRoute } from './captions/events.ts';
import { createCaptionIntake } from './captions/intake.ts';
import { listCaptionsRoute } from './captions/list.ts';
import { readCaptionRoute } from './captions/read.ts';
import type { ApiDependencies } from './dependencies.ts';
import { dropInRoutes } from './drop-ins/routes.ts';
import { answerClientError } from './http/client-errors.ts';
import { dropSilentConnections } from './http/connections.ts';
import { refuseCompressedBodies } from './http/content-encoding.ts';
import { handleErrors, sendProblem } from './http/errors.ts';
import { acceptOnlyJson } from './http/json-bodies.ts';
import { describeApi } from './http/openapi.ts';
import { logRequests } from './http/request-log.ts';
import { traceRequests } from './http/trace-requests.ts';
import { compileValidator } from './http/validator.ts';
import { serveQueueBoard } from './operating/queue-board.ts';
import { operatingRoutes } from './operating/routes.ts';
import { secureAnswers, servePage } from './page/serve.ts';
import { parseOrigins, parseTrustProxy } from './settings.ts';
import { webhookDeliveryRoutes } from './webhooks/routes/deliveries.ts';
import { webhookRoutes } from './webhooks/routes/endpoints.ts';
import { webhookSecretRoutes } from './webhooks/routes/secrets.ts';

/** A slow phone uploads 20 MB in a minute at 2.8 Mbit/s; who takes longer holds memory for nothing. */
const REQUEST_TIMEOUT_MS = 60_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** Node looks for late requests this often. */
const CHECKING_INTERVAL_MS = 1_000;
/** Between two requests of a connection; above the 60 s of common load balancers, so they close first. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;
/** Routes that take uploads have limits of their own. */
const BODY_LIMIT_BYTES = 16 * 1024;

/** An id from outside is kept when it can do no harm in a log. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

export interface AppOptions extends ApiDependencies {
  /** For a whole request. Default 60 s. */
  requestTimeoutMs?: number;
  /** Default 10 s. */
  headersTimeoutMs?: number;
  /** Between two heartbeat comments of an event stream. Default 15 s. */
  heartbeatMs?: number;
  /** How long the drop-ins wait for a caption. Default 60 s. */
  dropInWaitMs?: number;
}

/** Builds the application with all its routes; the caller closes it. */
export async function buildApp(options: AppOptions): Promise<FastifyInstance> {
  const { settings, logger, registry, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const app: FastifyInstance = fastify({
    logger: false,
    trustProxy: parseTrustProxy(settings.TRUST_PROXY),
    bodyLimit: BODY_LIMIT_BYTES,
    routerOptions: { ignoreTrailingSlash: true },
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: {
      headersTimeout: Math.min(options.headersTimeoutMs ?? HEADERS_TIMEOUT_MS, requestTimeoutMs),
      connectionsCheckingInterval: CHECKING_INTERVAL_MS,
      // Refused by our own hook, so that this answer is a problem like any other.
      requireHostHeader: false,
    },
    forceCloseConnections: 'idle',
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
    },
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, error),
  });
  app.setValidatorCompiler(compileValidator);
  // Answers leave as they are: the schemas describe them, and tests hold them to it.
  app.setSerializerCompiler(() => (data) => JSON.stringify(data));
  app.removeAllContentTypeParsers();
  dropSilentConnections(app);
  if (options.tracing) traceRequests(app);
  logRequests(app, { logger, registry });
  secureAnswers(app);
  const unknownAddresses = handleErrors(app, { logger });
  unknownAddresses.answerOptions();
  const keysRequired = settings.AUTH === 'required';
  const corsOrigins = parseOrigins(settings.CORS_ORIGINS);
  await allowOrigins(app, { origins: corsOrigins });
  keepToOwnSite(app, { publicUrl: settings.PUBLIC_URL, corsOrigins, keysRequired });
  authenticate(app, { apiKeys: keysRequired ? options.apiKeys : undefined });
  unknownAddresses.refuse();
  refuseCompressedBodies(app);
  await options.limitRate(app);
  await describeApi(app, { version: options.version });
  servePage(app, { folder: options.pageFolder });
  operatingRoutes(app, options);
  const intake = createCaptionIntake(options);
  await app.register(async (scope) => createCaptionRoute(scope, { ...options, intake }));
  await app.register(async (scope) => createBatchRoute(scope, { ...options, intake }));
  readBatchRoutes(app, options);
  readCaptionRoute(app, options);
  listCaptionsRoute(app, options);
  captionEventsRoute(app, options);
  await app.register(async (scope) => {
    acceptOnlyJson(scope);
    endCaptionRoutes(scope, options);
    webhookRoutes(scope, options);
    webhookSecretRoutes(scope, options);
    webhookDeliveryRoutes(scope, options);
  });
  await dropInRoutes(app, { ...options, intake });
  await serveQueueBoard(app, options);
  return app;
}
