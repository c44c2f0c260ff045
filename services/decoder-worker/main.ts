// The decoder worker's process.
import { loadBundle } from '@caption-queue/model/bundle';
import { createPictureCaptioner } from '@caption-queue/model/captioner';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { loadConfig } from '@caption-queue/runtime/config';
import { packageVersion } from '@caption-queue/runtime/package-root';
import { runWorker } from '@caption-queue/worker/main';
import { createDecoderWorker } from './app.ts';
import { DecoderWorkerSettings } from './settings.ts';

/** A step's matrices are too small to share. */
const DEFAULT_THREADS = 1;

await runWorker({
  stage: 'decode',
  name: 'decoder-worker',
  version: packageVersion(import.meta.url),
  settings: (env) => loadConfig(DecoderWorkerSettings, env),
  async start({ settings, host }) {
    const threads = settings.INFERENCE_THREADS ?? DEFAULT_THREADS;
    const bundle = await loadBundle(settings.MODEL);
    const engine = await createEngine(settings.ENGINE, { threads });
    const captioner = await createPictureCaptioner({ engine, bundle });
    const { lengthPenalty } = bundle.manifest.generation;
    createDecoderWorker({
      host,
      bundle,
      precision: captioner.precision,
      resultCacheTtlSeconds: settings.RESULT_CACHE_TTL_SECONDS,
      captionPicture: ({ options, ...request }) =>
        captioner.caption(
          {
            ...request,
            options: {
              beamWidth: options.beam_width,
              maxLength: options.max_length,
              alternatives: options.alternatives,
              lengthPenalty,
            },
          },
          { minConfidence: options.min_confidence, kinds: options.kinds },
        ),
    });
  },
});
