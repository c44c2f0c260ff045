// The encoder that a model is trained on: a folder that is not (yet) a bundle.
//   model.json, weights.bin    InceptionV3 up to mixed10, a layers model
//   activation-ranges.json     for its int8 graph
//   classifier/                model.json, weights.bin, labels.json, words.json
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Bundle } from '@caption-queue/captioning/bundle';
import { toFloat16Bits } from '@caption-queue/captioning/float16';
import { loadLayersModel } from '@caption-queue/captioning/layers-model/files';
import { IMAGE_SIZE } from '@caption-queue/contract/bundle';
import { createEngine } from '@caption-queue/inference/create-engine';
import { TrainingError } from './failure.ts';
import type { PhotoEncoder } from './features/extract-features.ts';

/**
 * The int8 graph that serving runs, so that the decoder learns on what it will see.
 * @param threads inside one operation
 * @throws TrainingError when the folder is no encoder
 */
export async function loadFolderEncoder({
  folder,
  threads,
}: {
  folder: string;
  threads: number;
}): Promise<PhotoEncoder> {
  for (const file of ['model.json', 'weights.bin', 'activation-ranges.json']) {
    if (!(await stat(path.join(folder, file)).catch(() => undefined))) {
      throw new TrainingError(`The encoder's folder ${folder} has no ${file}.`);
    }
  }
  const source: Pick<Bundle, 'loadModel' | 'loadActivationRanges'> = {
    loadModel: () => loadLayersModel(folder),
    loadActivationRanges: async () =>
      JSON.parse(await readFile(path.join(folder, 'activation-ranges.json'), 'utf8')),
  };
  const engine = await createEngine('onnx', { threads });
  const graph = await engine.loadGraph(source as Bundle, 'encoder', 'int8');
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
