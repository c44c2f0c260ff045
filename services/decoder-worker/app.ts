// Puts the decoder worker together from what it is given: no environment, no signals, no exit.
import { createResultWriter } from '@caption-queue/cache/results';
import type { Precision } from '@caption-queue/model/engines/engine';
import { Counter } from '@caption-queue/runtime/metrics';
import type { WorkerHost } from '@caption-queue/worker/host';
import { type CaptionPicture, createDecodeProcessor } from './processor.ts';

export interface DecoderWorkerOptions {
  host: WorkerHost<'decode'>;
  captionPicture: CaptionPicture;
  /** Of the decoder's weights. */
  precision: Precision;
  bundle: {
    readonly hash: string;
    readonly manifest: { readonly name: string; readonly version: string };
  };
  resultCacheTtlSeconds: number;
}

/** Starts taking captions of its bundle from the decode queue; the host's lifecycle ends it. */
export function createDecoderWorker(options: DecoderWorkerOptions): void {
  const { host, captionPicture, precision, bundle, resultCacheTtlSeconds } = options;
  const words = new Counter({
    name: 'cq_words_total',
    help: 'Words of finished captions',
    registers: [host.registry],
  });
  const { name, version } = bundle.manifest;
  host.start({
    // The decoder's graphs are part of the bundle: its hash names them.
    model: {
      name,
      version,
      bundleHash: bundle.hash,
      graphHash: bundle.hash,
      precision,
    },
    pinned: true,
    process: createDecodeProcessor({
      captionPicture,
      store: host.store,
      results: createResultWriter(host.connectCache({ ttlSeconds: resultCacheTtlSeconds })),
      model: { name, version },
      onWords: (count) => words.inc(count),
    }),
  });
}
