// Settings of the decoder worker.
import { reconcilerSettings } from '@caption-queue/captions/reconcile';
import { modelSettings } from '@caption-queue/model/settings';
import { redisSettings } from '@caption-queue/redis/settings';
import { logSettings } from '@caption-queue/runtime/logger';
import { tracingSettings } from '@caption-queue/runtime/tracing';
import { opsSettings } from '@caption-queue/worker/ops-server';
import Type from 'typebox';

export const DecoderWorkerSettings = Type.Object({
  ...logSettings,
  ...tracingSettings,
  ...opsSettings,
  ...redisSettings,
  ...reconcilerSettings,
  ...modelSettings,
  RESULT_CACHE_TTL_SECONDS: Type.Integer({
    minimum: 0,
    default: 24 * 3600,
    description:
      'How long a finished caption is kept to answer the same picture with the same options at once; 0 turns that off',
  }),
  CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 4,
    description:
      'Captions at work at once: while one waits for Redis another is computed. More makes each slower, not all faster',
  }),
});
