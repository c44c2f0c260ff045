// Photo file to caption in one process: imaging, encoder, decoder, without queue or server.
import { readFile } from 'node:fs/promises';
import type { CaptionOutput } from '@caption-queue/contract/caption';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { loadBundle } from '@caption-queue/model/bundle';
import { createPictureCaptioner } from '@caption-queue/model/captioner';
import { createEncoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import type { EngineName } from '@caption-queue/model/engines/engine';
import type { Publishing } from '@caption-queue/model/output';

export type PhotoCaption = Omit<CaptionOutput, 'words'>;

export interface Captioner {
  /** Reads a file to pixels; several may be read at once. @throws DomainError when it is no photo */
  readPixels(file: string): Promise<Uint8Array>;
  caption(pixels: Uint8Array): Promise<PhotoCaption>;
}

/** @throws BundleError when the model can't be loaded */
export async function createCaptioner({
  model,
  engine: engineName,
  threads,
  beamWidth,
  publishing,
  onWarning,
}: {
  model: string;
  engine: EngineName;
  threads: number;
  /** Default: the bundle's. */
  beamWidth?: number;
  /** What is fit to be the alt text. */
  publishing?: Publishing;
  onWarning: (message: string) => void;
}): Promise<Captioner> {
  const bundle = await loadBundle(model);
  const engine = await createEngine(engineName, { threads });
  const encoder = await createEncoder({ engine, bundle, onWarning });
  const captioner = await createPictureCaptioner({ engine, bundle });
  const generation = { ...bundle.manifest.generation, ...(beamWidth && { beamWidth }) };
  return {
    async readPixels(file) {
      const { pixels } = await normaliseImage(await readFile(file));
      return pixels;
    },
    async caption(pixels) {
      const features = await encoder.encode(pixels);
      const options = { ...generation, alternatives: generation.beamWidth };
      const { words: _, ...caption } = await captioner.caption({ features, options }, publishing);
      return caption;
    },
  };
}
