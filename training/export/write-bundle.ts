// Puts a bundle together: the trained decoder, its vocabulary, and the encoder and classifier it belongs to.
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ActivationRanges, loadBundle } from '@caption-queue/model/bundle';
import { runEncoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { gridOf } from '@caption-queue/model/features';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import type { Vocabulary } from '@caption-queue/model/vocabulary';
import type { EncoderSource } from '../encoder-source.ts';
import type { Network } from '../fit/network.ts';
import { decoderModels } from './decoder-models.ts';
import { refuseToReplace, replaceFolder } from './replace-folder.ts';
import { CARD_FOLDER, sealBundle } from './seal-bundle.ts';
import { saveLayersModel } from './store-model.ts';
import { writeProbe } from './write-probe.ts';

export interface BundleContents {
  /** Folder that the bundle becomes. */
  output: string;
  /** Replace what is there. */
  force: boolean;
  encoder: EncoderSource;
  /** The encoder with its tuned blocks, and the ranges of these. */
  tuned?: { model: LayersModel; ranges: ActivationRanges } | undefined;
  /** Of the picture by which workers check their engine, 299 × 299 × 3; they become part of the bundle. */
  probePixels: Uint8Array;
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
  await refuseToReplace(output, force);
  return replaceFolder(output, async (folder) => {
    await writeParts(folder, contents);
    // The probe is computed by the bundle's own encoder, so the bundle is sealed twice.
    await sealBundle(folder, manifest);
    const graphHash = await probeEncoder(folder, contents.probePixels);
    await sealBundle(folder, manifest);
    await keepTexts(output, folder);
    return graphHash;
  });
}

async function writeParts(
  folder: string,
  { encoder, tuned, network, values, vocabulary }: BundleContents,
): Promise<void> {
  for (const [file, source] of Object.entries(encoder.files)) {
    await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
    await copyFile(source, path.join(folder, file));
  }
  if (tuned) {
    const ranges = { ...(await encoder.loadActivationRanges()), ...tuned.ranges };
    await saveLayersModel(tuned.model, path.join(folder, 'encoder'));
    await writeFile(path.join(folder, 'activation-ranges.json'), JSON.stringify(ranges));
  }
  const { start, step } = decoderModels(network, values);
  await saveLayersModel(start, path.join(folder, 'decoder/start'));
  await saveLayersModel(step, path.join(folder, 'decoder/step'));
  await writeFile(path.join(folder, 'vocabulary.json'), JSON.stringify(vocabulary));
}

/** The pixels, and the pooled features that the int8 encoder makes of them here. */
async function probeEncoder(folder: string, pixels: Uint8Array): Promise<string> {
  const engine = await createEngine('onnx', { threads: 1 });
  const graph = await engine.loadGraph(await loadBundle(folder), 'encoder', 'int8', {
    exact: true,
  });
  const grid = gridOf(await runEncoder(graph, pixels));
  await graph.dispose();
  await writeProbe(folder, { pixels, grid });
  return graph.hash;
}

/** A model card has texts that people wrote; a new export doesn't throw it away. */
async function keepTexts(from: string, to: string): Promise<void> {
  for (const name of ['MODEL_CARD.md', CARD_FOLDER]) {
    const kept = path.join(from, name);
    if (existsSync(kept)) await cp(kept, path.join(to, name), { recursive: true });
  }
}
