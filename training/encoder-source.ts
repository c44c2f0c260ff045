// The encoder that a model is trained on: that of a bundle, or a folder that is not (yet) a bundle:
//   model.json, weights.bin    InceptionV3 up to mixed10, a layers model
//   activation-ranges.json     for its int8 graph
//   classifier/                model.json, weights.bin, labels.json, words.json
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import {
  type ActivationRanges,
  bundleDirectory,
  DEFAULT_BUNDLE,
  loadBundle,
} from '@caption-queue/model/bundle';
import type { GraphSource } from '@caption-queue/model/engines/engine';
import { loadLayersModel } from '@caption-queue/model/layers-model/files';
import type { OptionDescription } from './command-line/command.ts';
import { TrainingError } from './failure.ts';

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
