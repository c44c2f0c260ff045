// Writes an imported encoder, and what belongs to it, where a bundle or a plain folder wants it.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type ActivationRanges,
  bundleDirectory,
  DEFAULT_BUNDLE,
} from '@caption-queue/model/bundle';
import { plainFolder } from '../encoder-source.ts';
import { replaceFolder } from '../export/replace-folder.ts';
import { saveLayersModel } from '../export/store-model.ts';
import { TrainingError } from '../failure.ts';
import type { ImportedEncoder } from './import-encoder.ts';

/**
 * The classes of a top are ImageNet's, so their names are those of the project's own bundle.
 * @param placeOf file in a bundle → file in `folder`
 */
export async function writeEncoderFiles(
  folder: string,
  {
    encoder: { encoder, classifier },
    ranges,
    placeOf = (file) => file,
  }: {
    encoder: ImportedEncoder;
    ranges: ActivationRanges | undefined;
    placeOf?: (file: string) => string;
  },
): Promise<void> {
  const at = (file: string) => path.join(folder, placeOf(file));
  await mkdir(folder, { recursive: true });
  await saveLayersModel(encoder, path.dirname(at('encoder/model.json')));
  if (ranges) await writeFile(at('activation-ranges.json'), JSON.stringify(ranges));
  if (!classifier) return;
  await saveLayersModel(classifier, path.dirname(at('classifier/model.json')));
  for (const file of ['labels.json', 'words.json']) {
    await copyFile(path.join(bundleDirectory(DEFAULT_BUNDLE), file), at(file));
  }
}

/**
 * An encoder to train on: what `features --encoder` and `fit` read, all of it.
 * @param output folder that it becomes, in place of what is there
 * @throws TrainingError when ranges or classifier are missing
 */
export async function writePlainEncoder(
  output: string,
  { encoder, ranges }: { encoder: ImportedEncoder; ranges: ActivationRanges | undefined },
): Promise<void> {
  if (!ranges) {
    throw new TrainingError(
      'Training reads the int8 encoder: give --photos a folder of usual photos. (For a bundle, name a captioner too.)',
    );
  }
  if (!encoder.classifier) {
    throw new TrainingError(
      "Training needs the encoder's ImageNet classifier, and this file has no top: save the model with include_top=True.",
    );
  }
  await replaceFolder(output, (folder) =>
    writeEncoderFiles(folder, {
      encoder,
      ranges,
      placeOf: (file) => plainFolder[file] as string,
    }),
  );
}
