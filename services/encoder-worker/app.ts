// Puts the encoder worker together from what it is given: no environment, no signals, no exit.

import { Counter } from '@caption-queue/runtime/metrics';
import type { WorkerHost } from '@caption-queue/worker/host';
import { createFeatureCache } from './feature-cache.ts';
import { createEncodeProcessor, type PictureEncoder } from './processor.ts';

export interface EncoderWorkerOptions {
  host: WorkerHost<'encode'>;
  encoder: PictureEncoder & { readonly precision: 'int8' | 'fp32' };
  bundle: {
    readonly hash: string;
    readonly manifest: {
      readonly name: string;
      readonly version: string;
      readonly preprocessing: { readonly version: string };
    };
  };
  featureCacheTtlSeconds: number;
}

/** Starts taking captions from the encode queue; the host's lifecycle ends it. */
export function createEncoderWorker(options: EncoderWorkerOptions): void {
  const { host, encoder, bundle, featureCacheTtlSeconds } = options;
  const registers = [host.registry];
  const lookups = new Counter({
    name: 'cq_feature_cache_lookups_total',
    help: 'Pictures looked up in the feature cache',
    labelNames: ['result'],
    registers,
  });
  const encodes = new Counter({
    name: 'cq_encodes_total',
    help: 'Pictures that the encoder really ran for',
    registers,
  });
  const counted: PictureEncoder = {
    engine: encoder.engine,
    graphHash: encoder.graphHash,
    async encode(pixels) {
      const features = await encoder.encode(pixels);
      encodes.inc();
      return features;
    },
  };
  const { name, version, preprocessing } = bundle.manifest;
  host.start({
    model: {
      name,
      version,
      bundleHash: bundle.hash,
      graphHash: encoder.graphHash,
      precision: encoder.precision,
    },
    pinned: false,
    process: createEncodeProcessor({
      encoder: counted,
      cache: createFeatureCache(host.connectCache({ ttlSeconds: featureCacheTtlSeconds })),
      store: host.store,
      preprocessingVersion: preprocessing.version,
      bundleHash: bundle.hash,
      onLookup: (result) => lookups.inc({ result }),
    }),
  });
}
