// The encoder worker's process.
import { availableParallelism } from 'node:os';
import { loadBundle } from '@caption-queue/model/bundle';
import { createEncoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { loadConfig } from '@caption-queue/runtime/config';
import { packageVersion } from '@caption-queue/runtime/package-root';
import { runWorker } from '@caption-queue/worker/main';
import { createEncoderWorker } from './app.ts';
import { EncoderWorkerSettings } from './settings.ts';

/** Beyond this a picture gains little; more processes gain more. */
const MOST_THREADS = 4;

await runWorker({
  stage: 'encode',
  name: 'encoder-worker',
  version: packageVersion(import.meta.url),
  settings: (env) => loadConfig(EncoderWorkerSettings, env),
  async start({ settings, host, logger }) {
    const threads = settings.INFERENCE_THREADS ?? Math.min(availableParallelism(), MOST_THREADS);
    const bundle = await loadBundle(settings.MODEL);
    const engine = await createEngine(settings.ENGINE, { threads });
    const onWarning = (message: string) => logger.warn(message);
    createEncoderWorker({
      host,
      encoder: await createEncoder({ engine, bundle, onWarning }),
      bundle,
      featureCacheTtlSeconds: settings.FEATURE_CACHE_TTL_SECONDS,
    });
  },
});
