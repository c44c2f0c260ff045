// The encoder that a model is trained on: that of a bundle, or a folder that is not (yet) a bundle:
//   model.json, weights.bin    InceptionV3 up to mixed10, a layers model
//   activation-ranges.json     for its int8 graph
//   classifier/                model.json, weights.bin, labels.json, words.json
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { bundleDirectory, DEFAULT_BUNDLE, loadBundle } from '@caption-queue/captioning/bundle';
import { toFloat16Bits } from '@caption-queue/captioning/float16';
import { loadLayersModel } from '@caption-queue/captioning/layers-model/files';
import type { ActivationRanges } from '@caption-queue/captioning/onnx/quantise';
import { IMAGE_SIZE } from '@caption-queue/contract/bundle';
import { createEngine } from '@caption-queue/inference/create-engine';
import type { GraphSource } from '@caption-queue/inference/engine';
import type { OptionDescription } from './command-line/command.ts';
import { TrainingError } from './failure.ts';
import type { PhotoEncoder } from './features/extract-features.ts';

export const encoderOption: Record<'encoder', OptionDescription> = {
  encoder: {
    description:
      'Bundle whose encoder is used, or a folder with model.json, weights.bin, activation-ranges.json and classifier/.',
    value: 'NAME',
    default: DEFAULT_BUNDLE,
  },
};

export interface EncoderSource extends GraphSource {
  /** File in a bundle → where it lies here. */
  files: Record<string, string>;
  /** 299 × 299 × 3, of a bundle's probe. */
  probePixels?: Uint8Array;
}

/** File in a bundle → file in a plain folder. */
const plainFolder: Record<string, string> = {
  'encoder/model.json': 'model.json',
  'encoder/weights.bin': 'weights.bin',
  'activation-ranges.json': 'activation-ranges.json',
  'classifier/model.json': 'classifier/model.json',
  'classifier/weights.bin': 'classifier/weights.bin',
  'labels.json': 'classifier/labels.json',
  'words.json': 'classifier/words.json',
};

/** @throws TrainingError when a file is missing, BundleError when a bundle is damaged */
export async function findEncoder(nameOrPath: string): Promise<EncoderSource> {
  const folder = bundleDirectory(nameOrPath);
  const isBundle = await exists(path.join(folder, 'bundle.json'));
  const probe = isBundle ? await (await loadBundle(folder)).loadProbe() : undefined;
  const files = Object.fromEntries(
    Object.entries(plainFolder).map(([inBundle, plain]) => [
      inBundle,
      path.join(folder, isBundle ? inBundle : plain),
    ]),
  );
  const ranges = files['activation-ranges.json'] as string;
  for (const file of Object.values(files)) {
    if (await exists(file)) continue;
    throw new TrainingError(
      `The encoder ${nameOrPath} lacks ${file}; --encoder takes a bundle, or a folder as \`npm run train -- features --help\` describes it.`,
    );
  }
  return {
    files,
    ...(probe && { probePixels: probe.pixels }),
    loadModel: () => loadLayersModel(path.dirname(files['encoder/model.json'] as string)),
    loadActivationRanges: async () =>
      JSON.parse(await readFile(ranges, 'utf8')) as ActivationRanges,
  };
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}

/**
 * The int8 graph that serving runs, so that the decoder learns on what it will see.
 * @param threads inside one operation
 */
export async function loadPhotoEncoder(
  source: EncoderSource,
  { threads }: { threads: number },
): Promise<PhotoEncoder> {
  const engine = await createEngine('onnx', { threads });
  const graph = await engine.loadGraph(source, 'encoder', 'int8');
  return {
    graphHash: graph.hash,
    precision: graph.precision,
    async encode(pixels) {
      const { grid } = await graph.run({
        pixels: { data: pixels, shape: [1, IMAGE_SIZE, IMAGE_SIZE, 3] },
      });
      return toFloat16Bits(grid as Float32Array);
    },
  };
}
