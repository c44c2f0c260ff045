// Teaches a bundle the kinds of pictures, and measures it on sources that it was not taught.
import path from 'node:path';
import { pictureKinds } from '@caption-queue/contract/kind';
import type { Bundle } from '@caption-queue/model/bundle';
import { createEncoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import { likeliestKind } from '@caption-queue/model/trust/kind';
import type { StartProgress } from '../calibration/calibrate-bundle.ts';
import { poolPhotos, type ReadPicture } from '../calibration/pooled-features.ts';
import { TrainingError } from '../failure.ts';
import type { LinearWeights } from '../fit/linear-classifier.ts';
import { createRandom } from '../random.ts';
import { distorted } from './distort.ts';
import type { KnownPicture } from './graphics.ts';
import { classifyKinds, trainKindClassifier } from './kind-classifier.ts';
import type { JudgedPicture } from './report.ts';

/** Distorted copies of each picture that is learned from. */
const COPIES = 1;
/** More of one set of photos take time and teach nothing. */
const MOST_OF_A_SOURCE = 2000;
const SEED = 1;

export async function learnKinds({
  bundle,
  pictures,
  threads,
  folder,
  startProgress,
}: {
  bundle: Bundle;
  pictures: readonly KnownPicture[];
  threads: number;
  /** Where features are kept. */
  folder: string;
  startProgress: StartProgress;
}): Promise<{ weights: LinearWeights; judged: JudgedPicture[] }> {
  const taught = some(pictures.filter(({ split }) => split === 'train'));
  const heldOut = some(pictures.filter(({ split }) => split === 'held-out'));
  checkKinds(taught, 'learned from');
  const engine = await createEngine('onnx', { threads });
  const encoder = await createEncoder({ engine, bundle, onWarning: console.warn });
  /** Source by source, so that those that are as they were needn't be read again. */
  async function pool(members: readonly KnownPicture[], title: string, reading?: ReadPicture) {
    const onProgress = startProgress(title, members.length);
    const parts: Float32Array[] = [];
    let done = 0;
    for (const files of filesBySource(members)) {
      const before = done;
      parts.push(
        await poolPhotos({
          files,
          encoder,
          folder: path.join(folder, 'features'),
          ...(reading && { reading }),
          onProgress: (ofSource) => onProgress(before + ofSource),
        }),
      );
      done += files.length;
    }
    return concatenate(parts);
  }
  const features = [await pool(taught, 'Reading pictures')];
  for (let copy = 1; copy <= COPIES; copy++) {
    features.push(await pool(taught, `Distorted, ${copy} of ${COPIES}`, distorted(copy)));
  }
  const weights = trainKindClassifier(loadTensorFlow(), {
    pooled: concatenate(features),
    examples: features.flatMap(() => taught),
  });
  const probabilities = classifyKinds(weights, await pool(heldOut, 'Held-out pictures'));
  await encoder.dispose();
  return {
    weights,
    judged: heldOut.map(({ kind, source }, n) => ({
      kind,
      source,
      judged: likeliestKind(probabilities[n] as Float32Array).kind,
    })),
  };
}

const sourcesOf = (pictures: readonly KnownPicture[]) => [
  ...new Set(pictures.map(({ source }) => source)),
];

const filesBySource = (pictures: readonly KnownPicture[]): string[][] =>
  sourcesOf(pictures).map((source) =>
    pictures.filter((picture) => picture.source === source).map(({ file }) => file),
  );

/** Source by source, of each the same at every run. */
function some(pictures: readonly KnownPicture[]): KnownPicture[] {
  return sourcesOf(pictures).flatMap((source) => {
    const members = pictures.filter((picture) => picture.source === source);
    return createRandom(SEED).shuffle(members).slice(0, MOST_OF_A_SOURCE);
  });
}

function checkKinds(pictures: readonly KnownPicture[], what: string): void {
  const missing = pictureKinds.filter((kind) => pictures.every((picture) => picture.kind !== kind));
  if (missing.length > 0) {
    throw new TrainingError(
      `Of the kinds ${missing.join(', ')} there is no picture to be ${what}.`,
    );
  }
}

function concatenate(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}
