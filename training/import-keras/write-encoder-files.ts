// Writes an imported encoder, and what belongs to it, where a bundle or a plain folder wants it.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type ActivationRanges,
  bundleDirectory,
  DEFAULT_BUNDLE,
} from '@caption-queue/model/bundle';
import { saveLayersModel } from '../export/store-model.ts';
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
