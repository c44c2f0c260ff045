// The encoder that a model is trained on: that of a bundle, or a folder that is not (yet) a bundle:
//   model.json, weights.bin    InceptionV3 up to mixed10, a layers model
//   activation-ranges.json     for its int8 graph
//   classifier/                model.json, weights.bin, labels.json, words.json
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { GRID_CELLS, IMAGE_SIZE } from '@caption-queue/contract/bundle';
import { bundleDirectory, DEFAULT_BUNDLE, loadBundle } from '@caption-queue/model/bundle';
import type { GraphSource } from '@caption-queue/model/engines/engine';
import { channelsOf, planConvolutions } from '@caption-queue/model/engines/onnx/convolution-plan';
import { buildInt8Encoder } from '@caption-queue/model/engines/onnx/encoder-graph';
import { createOnnxGraph } from '@caption-queue/model/engines/onnx/onnx-engine';
import type { ActivationRanges } from '@caption-queue/model/engines/onnx/quantise';
import { toFloat16Bits } from '@caption-queue/model/float16';
import { loadLayersModel } from '@caption-queue/model/layers-model/files';
import { pooledOf } from '@caption-queue/model/pooled';
import type { OptionDescription } from './command-line/command.ts';
import { TrainingError } from './failure.ts';
import type { PhotoEncoder } from './features/extract-features.ts';
import type { FeatureFile } from './features/feature-file.ts';

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
export const plainFolder: Record<string, string> = {
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
    loadModel: (part) => loadLayersModel(path.dirname(files[`${part}/model.json`] as string)),
    loadActivationRanges: async () =>
      JSON.parse(await readFile(ranges, 'utf8')) as ActivationRanges,
  };
}

async function exists(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined)) !== undefined;
}

/**
 * The int8 graph that serving runs, so that training sees what serving will see.
 * @param layer whose grid is wanted; default: the encoder's output
 * @param threads inside one operation
 * @throws TrainingError when the encoder has no such layer, or its grid is not 8 × 8
 */
export async function loadPhotoEncoder(
  source: EncoderSource,
  { layer, threads }: { layer?: string | undefined; threads: number },
): Promise<PhotoEncoder & { dispose(): Promise<void> }> {
  const model = await source.loadModel('encoder');
  const plan = planConvolutions(model);
  const wanted = planConvolutions(model, layer);
  const isInner = wanted.output !== plan.output;
  const graph = await createOnnxGraph(
    buildInt8Encoder(
      plan,
      await source.loadActivationRanges(),
      isInner ? wanted.output : undefined,
    ),
    { threads, precision: 'int8' },
  );
  const channels = channelsOf(wanted, wanted.output);
  return {
    graphHash: graph.hash,
    precision: graph.precision,
    layer: layer ?? plan.output,
    channels,
    hasPooled: isInner,
    dispose: () => graph.dispose(),
    async encode(pixels) {
      const outputs = await graph.run({
        pixels: { data: pixels, shape: [1, IMAGE_SIZE, IMAGE_SIZE, 3] },
      });
      const grid = outputs[isInner ? wanted.output : 'grid'] as Float32Array;
      if (grid.length !== GRID_CELLS * channels) {
        throw new TrainingError(
          `The grid of ${wanted.output} is not 8 × 8; features can be kept of layers from mixed8 on.`,
        );
      }
      return {
        grid: toFloat16Bits(grid),
        ...(isInner && { pooled: toFloat16Bits(pooledOf(outputs.grid as Float32Array)) }),
      };
    },
  };
}

/**
 * What is trained above a layer fits only the encoder that its grids came from.
 * @throws TrainingError when the features are another encoder's
 */
export async function checkMadeBy(
  source: EncoderSource,
  { index: { layer, graphHash } }: FeatureFile,
): Promise<void> {
  const encoder = await loadPhotoEncoder(source, { layer, threads: 1 });
  await encoder.dispose();
  if (encoder.graphHash === graphHash) return;
  throw new TrainingError(
    `The features of ${layer} were made with another encoder; name theirs with --encoder.`,
  );
}
