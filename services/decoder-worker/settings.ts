// Settings of the decoder worker.
import { modelSettings } from '@caption-queue/model/settings';
import {
  reconcilerSettings,
  redisSettings,
  resultCacheSettings,
} from '@caption-queue/redis/settings';
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
  ...resultCacheSettings,
  ...modelSettings,
  CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 4,
    description:
      'Captions at work at once: while one waits for Redis another is computed. More makes each slower, not all faster',
  }),
});
