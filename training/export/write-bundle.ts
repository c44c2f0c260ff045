// Puts a bundle together: the trained decoder, its vocabulary, and the encoder and classifier it belongs to.
import { copyFile, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadBundle } from '@caption-queue/captioning/bundle';
import { saveLayersModel } from '@caption-queue/captioning/layers-model/files';
import { sealBundle } from '@caption-queue/captioning/seal-bundle';
import type { Vocabulary } from '@caption-queue/captioning/vocabulary';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { createEngine } from '@caption-queue/inference/create-engine';
import { pooledOf } from '@caption-queue/inference/pooled';
import { TrainingError } from '../failure.ts';
import type { Network } from '../fit/network.ts';
import { decoderModels } from './decoder-models.ts';

/** File in the bundle ← file in the encoder's folder. */
const copiedFiles: Record<string, string> = {
  'encoder/model.json': 'model.json',
  'encoder/weights.bin': 'weights.bin',
  'activation-ranges.json': 'activation-ranges.json',
  'classifier/model.json': 'classifier/model.json',
  'classifier/weights.bin': 'classifier/weights.bin',
  'labels.json': 'classifier/labels.json',
  'words.json': 'classifier/words.json',
};

export interface BundleContents {
  /** Folder that the bundle becomes. */
  output: string;
  /** Replace what is there. */
  force: boolean;
  /** Folder of the encoder (encoder-folder.ts). */
  encoderFolder: string;
  /** Picture by which workers check their engine; it becomes part of the bundle. */
  probePhoto: string;
  network: Network;
  values: ReadonlyMap<string, Float32Array>;
  vocabulary: Vocabulary;
  manifest: Parameters<typeof sealBundle>[1];
}

/**
 * Writes the bundle beside `output` and puts it in its place only when it is whole.
 * @returns the hash of the bundle's int8 encoder graph
 * @throws TrainingError when there is something already, or a file is missing
 */
export async function writeBundle(contents: BundleContents): Promise<string> {
  const { output, force, manifest } = contents;
  const exists = (await stat(output).catch(() => undefined)) !== undefined;
  if (exists && !force) {
    throw new TrainingError(`${output} exists already; give --force to replace it.`);
  }
  const folder = `${output}.${process.pid}`;
  try {
    await writeParts(folder, contents);
    // The probe is computed by the bundle's own encoder, so the bundle is sealed twice.
    await sealBundle(folder, manifest);
    const graphHash = await writeProbe(folder, contents.probePhoto);
    await sealBundle(folder, manifest);
    if (exists) await keepTexts(output, folder);
    await rm(output, { recursive: true, force: true });
    await rename(folder, output);
    return graphHash;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeParts(
  folder: string,
  { encoderFolder, network, values, vocabulary }: BundleContents,
): Promise<void> {
  for (const [target, source] of Object.entries(copiedFiles)) {
    const from = path.join(encoderFolder, source);
    await mkdir(path.dirname(path.join(folder, target)), { recursive: true });
    await copyFile(from, path.join(folder, target)).catch((cause) => {
      throw new TrainingError(`The encoder's folder lacks ${from}.`, { cause });
    });
  }
  const { start, step } = decoderModels(network, values);
  await saveLayersModel(start, path.join(folder, 'decoder/start'));
  await saveLayersModel(step, path.join(folder, 'decoder/step'));
  await writeFile(path.join(folder, 'vocabulary.json'), JSON.stringify(vocabulary));
}

/** A photo's pixels, and the pooled features that the int8 encoder makes of them here. */
async function writeProbe(folder: string, photo: string): Promise<string> {
  const bytes = await readFile(photo).catch((cause) => {
    throw new TrainingError(`The probe's photo ${photo} cannot be read.`, { cause });
  });
  const { pixels } = await normaliseImage(bytes);
  const engine = await createEngine('onnx', { threads: 1 });
  const graph = await engine.loadGraph(await loadBundle(folder), 'encoder', 'int8');
  const { grid } = await graph.run({ pixels: { data: pixels, shape: [1, 299, 299, 3] } });
  await graph.dispose();
  const pooled = pooledOf(grid as Float32Array);
  await mkdir(path.join(folder, 'probe'), { recursive: true });
  await writeFile(path.join(folder, 'probe/pixels.bin'), pixels);
  await writeFile(path.join(folder, 'probe/pooled.bin'), new Uint8Array(pooled.buffer));
  return graph.hash;
}

/** A model card is written by people; a new export doesn't throw it away. */
async function keepTexts(from: string, to: string): Promise<void> {
  await copyFile(path.join(from, 'MODEL_CARD.md'), path.join(to, 'MODEL_CARD.md')).catch(() => {});
}
