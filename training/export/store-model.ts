// How a bundle keeps a layers model that was trained here: weights as float16, in two files of a folder.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toFloat16Bits } from '@caption-queue/model/float16';
import { serialiseLayersModel } from '@caption-queue/model/layers-model/files';
import type { LayersModel, Weight } from '@caption-queue/model/layers-model/layers-model';

/** Stores values as float16. */
export function float16Weight(shape: number[], values: ArrayLike<number>): Weight {
  return { shape, dtype: 'float16', data: toFloat16Bits(values) };
}

/** Writes `model.json` and `weights.bin` into `folder`, which is made when missing. */
export async function saveLayersModel(model: LayersModel, folder: string): Promise<void> {
  const { json, weights } = serialiseLayersModel(model);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'model.json'), JSON.stringify(json));
  await writeFile(join(folder, 'weights.bin'), weights);
}
