// Captions a split with a bundle, as serving does it: engine, beam search, float16 features.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FEATURE_SIZE, type GenerationDefaults, GRID_CELLS } from '@caption-queue/contract/bundle';
import type { CaptionOutput } from '@caption-queue/contract/caption';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import type { Bundle } from '@caption-queue/model/bundle';
import { createPictureCaptioner } from '@caption-queue/model/captioner';
import { createEncoder } from '@caption-queue/model/encoder';
import type { Engine, Precision } from '@caption-queue/model/engines/engine';
import type { GeneratedWord } from '@caption-queue/model/generation/streamer';
import type { CaptionedPhoto } from '../dataset/photo-captions.ts';
import type { FeatureFile } from '../features/feature-file.ts';

export interface SplitCaption {
  caption: string;
  words: GeneratedWord[];
  /** As the service would answer. */
  output: CaptionOutput;
}

export interface CaptionedSplit {
  /** Best caption of each photo, in the order of the photos. */
  captions: SplitCaption[];
  /** Of generation alone, without encoding. */
  captionsPerSecond: number;
  /** How many photos' features came from the feature file. */
  cached: number;
}

export interface SplitRequest {
  engine: Engine;
  bundle: Bundle;
  /** Of the encoder; default: the engine's own choice. */
  precision?: Precision | undefined;
  photos: readonly CaptionedPhoto[];
  imageFolder: string;
  /** Used for photos whose features were made by the very graph that runs here. */
  features?: FeatureFile | undefined;
  generation: GenerationDefaults;
  onProgress?: (done: number) => void;
}

export async function captionSplit({
  engine,
  bundle,
  precision,
  photos,
  imageFolder,
  features,
  generation,
  onProgress,
}: SplitRequest): Promise<CaptionedSplit> {
  const encoder = await createEncoder({
    engine,
    bundle,
    ...(precision && { precision }),
    onWarning: (message) => console.warn(message),
  });
  const captioner = await createPictureCaptioner({ engine, bundle });
  const usable = features?.index.graphHash === encoder.graphHash ? features : undefined;
  const captions: CaptionedSplit['captions'] = [];
  let generationMs = 0;
  let cached = 0;
  for (const { file } of photos) {
    let encoded: Uint8Array;
    if (usable?.has(file)) {
      const grid = new Uint16Array(GRID_CELLS * FEATURE_SIZE);
      usable.readGrid({ file, flipped: false, target: grid, offset: 0 });
      encoded = new Uint8Array(grid.buffer);
      cached++;
    } else {
      const { pixels } = await normaliseImage(await readFile(path.join(imageFolder, file)));
      encoded = await encoder.encode(pixels);
    }
    const startedAt = performance.now();
    const observation = await captioner.observe({
      features: encoded,
      options: { ...generation, alternatives: 1 },
    });
    generationMs += performance.now() - startedAt;
    const output = captioner.judge(observation);
    captions.push({ caption: output.caption, words: observation.generated.words, output });
    onProgress?.(captions.length);
  }
  await encoder.dispose();
  await captioner.dispose();
  return { captions, captionsPerSecond: (1000 * captions.length) / generationMs, cached };
}
