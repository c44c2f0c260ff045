// Writes a calibration into a bundle, and seals it again: its hash changes, so nothing cached outlives it.
import { cp, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Calibration } from '@caption-queue/contract/calibration';
import { type Bundle, bundleDirectory, loadBundle } from '@caption-queue/model/bundle';
import { resealBundle } from '../export/seal-bundle.ts';
import { saveLayersModel } from '../export/store-model.ts';
import { TrainingError } from '../failure.ts';
import type { Foundation } from './foundation.ts';

export async function saveCalibration(
  bundle: Bundle,
  {
    calibration,
    foundation,
    version,
  }: { calibration: Calibration; foundation: Foundation; version: string },
): Promise<void> {
  const write = (file: string, value: unknown) =>
    writeFile(path.join(bundle.directory, file), JSON.stringify(value));
  const { nouns, learned } = foundation;
  if (learned) {
    await write('nouns.json', nouns);
    await saveLayersModel(learned, path.join(bundle.directory, 'noun-classifier'));
  }
  await write('calibration.json', calibration);
  await resealBundle(bundle, { version });
}

/** @throws TrainingError when there is something already */
export async function copyBundle({ directory }: Bundle, nameOrPath: string): Promise<Bundle> {
  const output = bundleDirectory(nameOrPath);
  if (await stat(output).catch(() => undefined)) {
    throw new TrainingError(`${output} exists already; name another --output, or remove it.`);
  }
  await cp(directory, output, { recursive: true });
  return loadBundle(output);
}
