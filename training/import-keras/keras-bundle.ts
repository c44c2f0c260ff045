// Puts an imported encoder and captioner together: their graphs run once here, before they are written.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type BundleManifest,
  type GenerationDefaults,
  IMAGE_SIZE,
  PREPROCESSING_VERSION,
} from '@caption-queue/contract/bundle';
import { type ActivationRanges, DEFAULT_BUNDLE, loadBundle } from '@caption-queue/model/bundle';
import { createStepDecoder, type DecoderSource } from '@caption-queue/model/decoder';
import { runEncoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import type { Engine, GraphSource } from '@caption-queue/model/engines/engine';
import { gridOf } from '@caption-queue/model/features';
import { replaceFolder } from '../export/replace-folder.ts';
import { sealBundle } from '../export/seal-bundle.ts';
import { saveLayersModel } from '../export/store-model.ts';
import { writeProbe } from '../export/write-probe.ts';
import type { DecoderModels } from './captioner-models.ts';
import type { ImportedCaptioner } from './import-captioner.ts';
import type { ImportedEncoder } from './import-encoder.ts';
import { INCEPTION_OUTPUT } from './inception-v3.ts';
import { measurePadding, type PaddingEffect, readPaddingFirst } from './padding.ts';
import { writeEncoderFiles } from './write-encoder-files.ts';

export interface KerasParts {
  encoder: ImportedEncoder;
  /** Without them the encoder serves in fp32. */
  ranges: ActivationRanges | undefined;
  captioner: ImportedCaptioner;
}

/** The longest captions that a bundle may ask for, and what models of any length are asked for. */
const MOST_WORDS = 50;
const USUAL_WORDS = 20;

/** On so many it is measured what reading padding changes: each word takes a run over the whole caption. */
const PADDING_PHOTOS = 8;

/**
 * Workers check their engine by the same photo as with the project's own bundle.
 * @param output folder that the bundle becomes, in place of what is there
 * @param photos pixels; on some of them it is measured what reading padding changes
 * @returns for each of these, if the captioner reads padding, what that changes
 */
export async function writeKerasBundle(
  output: string,
  {
    parts,
    photos,
    texts,
  }: {
    parts: KerasParts;
    photos: Uint8Array[];
    texts: Pick<BundleManifest, 'name' | 'version' | 'provenance' | 'licence'>;
  },
): Promise<PaddingEffect[]> {
  const { encoder, ranges, captioner } = parts;
  const engine = await createEngine('onnx', { threads: 1 });
  const { pixels } = await (await loadBundle(DEFAULT_BUNDLE)).loadProbe();
  const grids = await encodeAll(engine, {
    parts,
    photos: [pixels, ...photos].slice(0, PADDING_PHOTOS),
  });
  const { models, effects } = await withPadding(engine, { captioner, grids });

  await replaceFolder(output, async (folder) => {
    await writeEncoderFiles(folder, { encoder, ranges });
    await saveLayersModel(models.start, path.join(folder, 'decoder/start'));
    await saveLayersModel(models.step, path.join(folder, 'decoder/step'));
    await writeFile(path.join(folder, 'vocabulary.json'), JSON.stringify(captioner.vocabulary));
    await writeProbe(folder, { pixels, grid: grids[0] as Float32Array });
    await sealBundle(folder, {
      ...texts,
      preprocessing: { version: PREPROCESSING_VERSION, imageSize: IMAGE_SIZE, scale: 'x/127.5-1' },
      encoder: { layer: INCEPTION_OUTPUT },
      decoder: { kind: 'merge' },
      generation: generationOf(captioner),
      metrics: {},
    });
  });
  return effects;
}

/** Without a length of its own a captioner gets the usual one. */
function generationOf({ maxLength = USUAL_WORDS }: ImportedCaptioner): GenerationDefaults {
  return { beamWidth: 3, maxLength: Math.min(maxLength, MOST_WORDS), lengthPenalty: 0.9 };
}

/** @returns grids, `[64, 2048]` each */
async function encodeAll(
  engine: Engine,
  { parts, photos }: { parts: KerasParts; photos: Uint8Array[] },
): Promise<Float32Array[]> {
  const { encoder, ranges } = parts;
  const source: GraphSource = {
    loadModel: async () => encoder.encoder,
    loadActivationRanges: async () => ranges ?? {},
  };
  const graph = await engine.loadGraph(source, 'encoder', ranges ? 'int8' : 'fp32', {
    exact: true,
  });
  const grids: Float32Array[] = [];
  for (const data of photos) {
    grids.push(gridOf(await runEncoder(graph, data)));
  }
  await graph.dispose();
  return grids;
}

/** The decoder's models; one that reads padding gets a start that has read it. */
async function withPadding(
  engine: Engine,
  { captioner, grids }: { captioner: ImportedCaptioner; grids: Float32Array[] },
): Promise<{ models: DecoderModels; effects: PaddingEffect[] }> {
  const { vocabulary, maxLength: length, isMasked } = captioner;
  if (isMasked || length === undefined) return { models: captioner.models, effects: [] };
  const decoderOf = ({ start, step }: DecoderModels) => {
    const bundle: DecoderSource = {
      vocabulary,
      loadModel: async (part) => (part === 'decoder/start' ? start : step),
      loadActivationRanges: async () => ({}),
    };
    return createStepDecoder({ engine, bundle, precision: 'fp32' });
  };
  const before = await decoderOf(captioner.models);
  const [grid] = grids as [Float32Array];
  const models = await readPaddingFirst(captioner.models, { decoder: before, grid, length });
  await before.dispose();
  const after = await decoderOf(models);
  const effects: PaddingEffect[] = [];
  for (const one of grids) effects.push(await measurePadding(after, { grid: one, length }));
  await after.dispose();
  return { models, effects };
}
