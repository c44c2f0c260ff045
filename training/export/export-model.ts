// The best weights of a run as a bundle: decoder, vocabulary and the encoder that they belong to.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import {
  type BundleManifest,
  IMAGE_SIZE,
  PREPROCESSING_VERSION,
} from '@caption-queue/contract/bundle';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { loadTensorFlow, type TensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import type { RunFolder } from '../command-line/run-folder.ts';
import { loadPrepared } from '../dataset/prepared.ts';
import type { EncoderSource } from '../encoder-source.ts';
import { TrainingError } from '../failure.ts';
import { openFeatureFile, readIndex } from '../features/feature-file.ts';
import { checkMadeBy } from '../features/photo-encoder.ts';
import type { Checkpoint } from '../fit/checkpoint.ts';
import { buildEncoderBlocks } from '../fit/encoder-blocks.ts';
import { loadModels } from '../fit/model-soup.ts';
import { buildNetwork } from '../fit/settings.ts';
import { measureBlocks } from './measure-blocks.ts';
import { tunedEncoder } from './tuned-encoder.ts';
import { writeBundle } from './write-bundle.ts';

/**
 * Beam 3 is twice as fast as 5 and no worse. Of the penalties 0, 0.5, 0.7, 0.9 and 1.1, 0.9 has the best dev
 * CIDEr-D on Flickr8k (0.489; 0.473 without a penalty) and captions as long as people's.
 */
const generation = { beamWidth: 3, maxLength: 20, lengthPenalty: 0.9 };

export interface ExportRequest {
  run: RunFolder;
  /** The model's folder below the run; of several, by comma, the weights are averaged. */
  model: string;
  encoder: EncoderSource;
  /** What workers check their engine by: a photo's file, or the pixels of another bundle's probe. */
  probe: string | Uint8Array;
  /** Folder that the bundle becomes. */
  output: string;
  /** Replace what is there. */
  force: boolean;
  texts: Pick<BundleManifest, 'version' | 'provenance' | 'licence'>;
}

export interface ExportedModel {
  /** The weights that were exported. */
  best: Checkpoint;
  /** Whether the features that the decoder was trained on come from the encoder graph that it serves with. */
  hasSameEncoder: boolean;
}

/** @throws TrainingError when weights, vocabulary, features and encoder don't belong together, or the output is there */
export async function exportModel({
  run,
  model,
  encoder,
  probe,
  output,
  force,
  texts,
}: ExportRequest): Promise<ExportedModel> {
  const { vocabulary } = await loadPrepared(run);
  const best = await loadModels(run.root, model);
  const { settings, values } = best;
  if (settings.sizes.vocabularySize !== vocabulary.size) {
    throw new TrainingError(
      `The weights know ${settings.sizes.vocabularySize} words, ${run.vocabulary} has ${vocabulary.size}: \`prepare\` has run again since. Train again.`,
    );
  }
  const tf = loadTensorFlow();
  const { tuning } = settings;
  const tuned = tuning && (await tune(tf, { run, encoder, layer: tuning.layer, values }));
  const { outputs } = await encoder.loadModel('encoder');
  const graphHash = await writeBundle({
    output,
    force,
    encoder,
    tuned,
    probePixels: typeof probe === 'string' ? await pixelsOf(probe) : probe,
    network: buildNetwork(tf, settings),
    values,
    vocabulary,
    manifest: {
      name: path.basename(output),
      version: texts.version,
      preprocessing: { version: PREPROCESSING_VERSION, imageSize: IMAGE_SIZE, scale: 'x/127.5-1' },
      encoder: { layer: outputs[0]?.[0] ?? '' },
      decoder: { kind: settings.decoder },
      generation,
      metrics: {},
      provenance: texts.provenance,
      licence: texts.licence,
    },
  });
  const features = tuned ? undefined : await readIndex(run.features());
  return { best, hasSameEncoder: !features || features.graphHash === graphHash };
}

/** The encoder with the blocks of a run that tuned them. */
async function tune(
  tf: TensorFlow,
  {
    run,
    encoder,
    layer,
    values,
  }: {
    run: RunFolder;
    encoder: EncoderSource;
    layer: string;
    values: ReadonlyMap<string, Float32Array>;
  },
) {
  const model = await encoder.loadModel('encoder');
  const { captions } = await loadPrepared(run);
  const features = await openFeatureFile(run.features(layer));
  await checkMadeBy(encoder, features);
  const blocks = buildEncoderBlocks(tf, model, layer);
  const files = captions.train.map(({ file }) => file);
  const ranges = measureBlocks(tf, { blocks, values, features, files });
  features.close();
  return { model: tunedEncoder(model, values), ranges };
}

async function pixelsOf(photo: string): Promise<Uint8Array> {
  const bytes = await readFile(photo).catch((cause) => {
    throw new TrainingError(`The probe's photo ${photo} cannot be read.`, { cause });
  });
  return (await normaliseImage(bytes)).pixels;
}
