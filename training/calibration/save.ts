// Writes a calibration into a bundle, and seals it again: its hash changes, so nothing cached outlives it.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Bundle } from '@caption-queue/captioning/bundle';
import { saveLayersModel } from '@caption-queue/captioning/layers-model/files';
import { sealBundle } from '@caption-queue/captioning/seal-bundle';
import type { Calibration } from '@caption-queue/contract/calibration';
import type { Foundation } from './foundation.ts';

export async function saveCalibration(
  { directory, manifest }: Bundle,
  { calibration, foundation }: { calibration: Calibration; foundation: Foundation },
): Promise<void> {
  const write = (file: string, value: unknown) =>
    writeFile(path.join(directory, file), JSON.stringify(value));
  const { nouns, learned } = foundation;
  if (learned) {
    await write('nouns.json', nouns);
    await saveLayersModel(learned, path.join(directory, 'noun-classifier'));
  }
  await write('calibration.json', calibration);
  const { files: _, formatVersion: __, ...described } = manifest;
  await sealBundle(directory, described);
}
