// Settings of the encoder worker.
import { reconcilerSettings } from '@caption-queue/captions/reconcile';
import { modelSettings } from '@caption-queue/model/settings';
import { redisSettings } from '@caption-queue/redis/settings';
import { logSettings } from '@caption-queue/runtime/logger';
import { tracingSettings } from '@caption-queue/runtime/tracing';
import { opsSettings } from '@caption-queue/worker/ops-server';
import Type from 'typebox';

export const EncoderWorkerSettings = Type.Object({
  ...logSettings,
  ...tracingSettings,
  ...opsSettings,
  ...redisSettings,
  ...reconcilerSettings,
  ...modelSettings,
  FEATURE_CACHE_TTL_SECONDS: Type.Integer({
    minimum: 0,
    default: 24 * 3600,
    description:
      'How long a picture’s features are kept for the next request of it; 0 turns the cache off',
  }),
  CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 16,
    default: 1,
    description:
      'Captions at work at once. Encoding blocks the process, so more processes help and this hardly does',
  }),
});
