// The encode stage of one caption: features from the cache or the model, handed over to the decode stage.

import type { EncodeClaim } from '@caption-queue/captions/claim-outcome';
import type { WorkStore } from '@caption-queue/captions/store';
import { type FeatureCache, featureKey } from './feature-cache.ts';

/** All that the stage needs of a model. */
export interface PictureEncoder {
  /** @param pixels 299 × 299 RGB @returns features, for the decoder to read */
  encode(pixels: Uint8Array): Promise<Uint8Array>;
  readonly engine: string;
  /** Of the graph that really runs. */
  readonly graphHash: string;
}

export interface EncodeProcessorOptions {
  encoder: PictureEncoder;
  cache: FeatureCache;
  store: Pick<WorkStore, 'handOver'>;
  preprocessingVersion: string;
  /** Pinned to the caption: only a decoder of the same bundle may finish it. */
  bundleHash: string;
  /** Told of every look into the cache; a miss is an encode. */
  onLookup?: (result: 'hit' | 'miss') => void;
}

/** Builds the processor; it throws what the model or the store throws. */
export function createEncodeProcessor(options: EncodeProcessorOptions) {
  const { encoder, cache, store, preprocessingVersion, bundleHash, onLookup } = options;

  return async function encodeCaption(claim: EncodeClaim, signal: AbortSignal): Promise<void> {
    const begin = performance.now();
    const { engine, graphHash } = encoder;
    const key = featureKey({
      pixelsHash: claim.pixelsHash,
      preprocessingVersion,
      graphHash,
      engine,
    });
    const cached = await cache.get(key);
    signal.throwIfAborted();
    onLookup?.(cached === undefined ? 'miss' : 'hit');
    const features = cached ?? (await encoder.encode(claim.pixels));
    signal.throwIfAborted();
    await store.handOver({
      claim,
      features,
      featureCache: cached === undefined ? 'miss' : 'hit',
      encodeMs: Math.round(performance.now() - begin),
      bundleHash,
    });
    // Afterwards, so that a slow cache delays nobody but the next picture.
    if (cached === undefined) await cache.set(key, features);
  };
}
