// For whoever runs the service: is it alive, is it ready, what is it, how does it do.
import type { WorkerStage } from '@caption-queue/contract/caption';
import type { Heartbeat } from '@caption-queue/contract/heartbeat';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { ApiDependencies } from '../dependencies.ts';
import { jsonResponse } from '../http/openapi.ts';
import { Info, Readiness } from './schemas.ts';

export function operatingRoutes(app: FastifyInstance, dependencies: ApiDependencies): void {
  const { settings, heartbeats, registry, version } = dependencies;
  const tags = ['operating'];
  const alive = Type.Object({ status: Type.Literal('ok') });

  app.get(
    '/livez',
    {
      config: { scope: 'public', anyHost: true },
      schema: {
        tags,
        operationId: 'isAlive',
        summary: 'Does the process turn?',
        response: { 200: jsonResponse('It runs.', alive) },
      },
    },
    async () => ({ status: 'ok' }),
  );

  app.get(
    '/readyz',
    {
      config: { scope: 'public', anyHost: true },
      schema: {
        tags,
        operationId: 'isReady',
        summary: 'Are pictures accepted?',
        response: {
          200: jsonResponse('Pictures are accepted.', Readiness),
          503: jsonResponse('Redis does not answer: nothing can be accepted.', Readiness),
        },
      },
    },
    async (_request, reply) => {
      const readiness = await checkReadiness(dependencies);
      reply
        .code(readiness.status === 'unavailable' ? 503 : 200)
        .header('cache-control', 'no-store');
      return readiness;
    },
  );

  app.get(
    '/info',
    {
      config: { scope: 'captions:read' },
      schema: {
        tags,
        operationId: 'readInfo',
        summary: 'Version, model and limits',
        response: { 200: jsonResponse('What runs here.', Info) },
      },
    },
    async (_request, reply): Promise<Info> => {
      const workers = await heartbeats.list().catch(() => []);
      reply.header('cache-control', 'no-store');
      return {
        name: 'caption-queue',
        version,
        // The decoder's: it holds the vocabulary and makes the sentence.
        model:
          workers.findLast((worker) => worker.stage === 'decode' && worker.model)?.model ?? null,
        auth: settings.AUTH,
        workers,
        limits: {
          max_upload_bytes: settings.MAX_UPLOAD_BYTES,
          max_pixels: settings.MAX_PIXELS,
          queue_limit: settings.QUEUE_LIMIT,
          tenant_queue_limit: settings.TENANT_QUEUE_LIMIT ?? settings.QUEUE_LIMIT,
          requests_per_minute: settings.RATE_LIMIT === 0 ? null : settings.RATE_LIMIT,
          retention_seconds: settings.RETENTION_SECONDS,
        },
      };
    },
  );

  app.get(
    '/metrics',
    { config: { scope: 'admin', anyHost: true }, schema: { hide: true } },
    async (_request, reply) => reply.type(registry.contentType).send(await registry.metrics()),
  );
}

async function checkReadiness(dependencies: ApiDependencies): Promise<Readiness> {
  const { heartbeats, redisProblem } = dependencies;
  const workers = await heartbeats.list().catch(() => undefined);
  const silent = workers === undefined ? 'Redis is connected but does not answer.' : null;
  const redis = redisProblem() ?? silent;
  const encode = checkStage('encode', workers ?? []);
  const decode = checkStage('decode', workers ?? []);
  const accepted = encode.ok && decode.ok ? 'ok' : 'degraded';
  return {
    status: redis === null ? accepted : 'unavailable',
    checks: { redis: { ok: redis === null, detail: redis }, encode, decode },
  };
}

function checkStage(stage: WorkerStage, all: readonly Heartbeat[]): Readiness['checks']['encode'] {
  const workers = all.filter((worker) => worker.stage === stage);
  const count = (state: Heartbeat['state']) =>
    workers.filter((worker) => worker.state === state).length;
  const counts = {
    ready: count('ready'),
    starting: count('starting'),
    refusing: count('refusing'),
  };
  if (counts.ready > 0) return { ok: true, detail: null, workers: counts };
  const error = workers.find((worker) => worker.lastError !== null)?.lastError;
  const detail =
    error ?? (counts.starting > 0 ? 'A worker is starting.' : 'No worker was heard of lately.');
  return { ok: false, detail, workers: counts };
}
