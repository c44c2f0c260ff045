// Settings of the encoder worker.
import { modelSettings } from '@caption-queue/model/settings';
import {
  featureCacheSettings,
  reconcilerSettings,
  redisSettings,
} from '@caption-queue/redis/settings';
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
  ...featureCacheSettings,
  ...modelSettings,
  CONCURRENCY: Type.Integer({
    minimum: 1,
    maximum: 16,
    default: 1,
    description:
      'Captions at work at once. Encoding blocks the process, so more processes help and this hardly does',
  }),
});
