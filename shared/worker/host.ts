// What every worker process has around its processor: Redis, store, heartbeat, health and metrics, reconciler, an end.

import type { ByteCacheOptions } from '@caption-queue/cache/bytes';
import { createReconciler } from '@caption-queue/captions/reconcile';
import { createWorkStore, type WorkStore } from '@caption-queue/captions/store';
import type { WorkerStage } from '@caption-queue/contract/caption';
import type { Heartbeat } from '@caption-queue/contract/heartbeat';
import { createStageMetrics, registerQueueMetrics } from '@caption-queue/jobs/metrics';
import { createStageQueues, loadQueueTelemetry } from '@caption-queue/jobs/queues';
import { createStageWorker, type StageWorkerOptions } from '@caption-queue/jobs/stage-worker';
import type { RedisGuard } from '@caption-queue/redis/check/guard';
import {
  closeRedis,
  createRedis,
  type RedisRole,
  redisProblem,
} from '@caption-queue/redis/connection';
import type { RedisSettings } from '@caption-queue/redis/settings';
import type { Lifecycle } from '@caption-queue/runtime/lifecycle';
import type { Logger } from '@caption-queue/runtime/logger';
import { createRegistry, type Registry } from '@caption-queue/runtime/metrics';
import type { Redis } from 'ioredis';
import { createHeartbeats, createHeartbeatWriter } from './heartbeat.ts';
import { createOpsServer } from './ops-server.ts';

/** The settings it reads; see settings.ts and ops-server.ts. */
export interface WorkerHostSettings extends RedisSettings {
  PARK_LIMIT_SECONDS: number;
  HOST: string;
  METRICS_PORT: number;
  CONCURRENCY: number;
}

export interface WorkerHostOptions<S extends WorkerStage> {
  stage: S;
  settings: WorkerHostSettings;
  engine: string;
  version: string;
  logger: Logger;
  lifecycle: Lifecycle;
  /** Does this process trace? */
  tracing: boolean;
  guard: RedisGuard;
}

export interface WorkerHost<S extends WorkerStage> {
  readonly store: WorkStore;
  readonly registry: Registry;
  /** Port of /livez, /readyz, /metrics and /info. */
  readonly opsPort: number;
  /** Connects to the cache; the host's lifecycle ends it. @param options.ttlSeconds 0 turns it off */
  connectCache(options: { ttlSeconds: number }): ByteCacheOptions;
  /** The model is loaded: takes jobs from now on, or from when Redis can be used, until shutdown. */
  start(options: {
    model: NonNullable<Heartbeat['model']>;
    /** Decoders only: take captions pinned to `model.bundleHash` and no others. */
    pinned: boolean;
    process: StageWorkerOptions<S>['process'];
  }): void;
  /** The model can never be loaded: says why in the heartbeat. The caller ends the process. */
  refuse(reason: string): Promise<void>;
}

/**
 * Starts everything but the work itself, so that the worker is seen (as `starting`) while its model loads, and
 * registers all of it for shutdown. Redis may be absent: everything waits for it.
 */
export async function createWorkerHost<S extends WorkerStage>(
  options: WorkerHostOptions<S>,
): Promise<WorkerHost<S>> {
  const { stage, settings, engine, version, logger, lifecycle, tracing, guard } = options;
  const prefix = settings.REDIS_PREFIX;
  const registry = createRegistry({
    service: `${stage === 'encode' ? 'encoder' : 'decoder'}-worker`,
  });

  function connect(role: RedisRole, url = settings.REDIS_URL): Redis {
    const redis = createRedis({
      url,
      role,
      logger,
      tls: settings,
      answersInfo: guard.answersInfo(),
    });
    lifecycle.onShutdown(`redis (${role})`, () => closeRedis(redis));
    return redis;
  }

  const redis = connect('worker');
  const quickRedis = connect('producer');
  const telemetry = tracing ? await loadQueueTelemetry() : undefined;
  const queues = createStageQueues({ redis, prefix, telemetry });
  lifecycle.onShutdown('queues', () => queues.close());
  const store = createWorkStore({ redis, queues, prefix });

  const heartbeat = createHeartbeatWriter({ redis: quickRedis, prefix, stage, engine, logger });
  lifecycle.onShutdown('heartbeat', () => heartbeat.stop());

  const modelProblem = () =>
    heartbeat.current.state === 'ready'
      ? null
      : (heartbeat.current.lastError ?? 'The model is not loaded yet.');
  const ops = await createOpsServer({
    host: settings.HOST,
    port: settings.METRICS_PORT,
    registry,
    readiness: () => ({ redis: guard.problem() ?? redisProblem(redis), model: modelProblem() }),
    info: () => ({ version, ...heartbeat.current }),
    logger,
  });
  lifecycle.onShutdown('health and metrics', () => ops.close());

  registerQueueMetrics({ registry, queues, isReady: () => redis.status === 'ready' });
  const observer = createStageMetrics({ registry, stage });

  return {
    store,
    registry,
    opsPort: ops.port,

    connectCache: ({ ttlSeconds }) => ({
      redis: connect('cache', settings.CACHE_REDIS_URL),
      prefix,
      ttlSeconds,
      sharesDurableServer: settings.CACHE_REDIS_URL === undefined,
      logger,
    }),

    start(work) {
      heartbeat.update({ state: 'ready', model: work.model });
      void guard.usable.then(() => {
        if (!lifecycle.stopping) takeCaptions(work);
      });
    },

    refuse: (reason) => heartbeat.refuse(reason),
  };

  function takeCaptions({ model, pinned, process }: Parameters<WorkerHost<S>['start']>[0]): void {
    const reconciler = createReconciler({
      redis,
      store,
      queues,
      prefix,
      hasDecoder: createHeartbeats({ redis, prefix }).hasDecoder,
      parkLimitSeconds: settings.PARK_LIMIT_SECONDS,
      logger,
    });
    lifecycle.onShutdown('reconciler', () => reconciler.stop());
    const worker = createStageWorker({
      stage,
      store,
      redis,
      prefix,
      concurrency: settings.CONCURRENCY,
      ...(pinned ? { bundleHash: model.bundleHash } : {}),
      process,
      logger,
      telemetry,
      observer: {
        ...observer,
        failed: (error) => heartbeat.update({ lastError: error.message }),
      },
    });
    lifecycle.onShutdown('stage worker', () => worker.stop());
    logger.info({ model: model.name, version: model.version, engine }, 'takes captions');
  }
}
