// Teaches a bundle the kinds of pictures, and measures it on sources that it was not taught.
import path from 'node:path';
import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import { pictureKinds } from '@caption-queue/contract/kind';
import { areBlank } from '@caption-queue/model/blank';
import type { Bundle } from '@caption-queue/model/bundle';
import { createClassifier } from '@caption-queue/model/classifier';
import { createEncoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import { certainlyBlank, likeliestKind } from '@caption-queue/model/trust/kind';
import type { StartProgress } from '../calibration/calibrate-bundle.ts';
import { poolPhotos, type ReadPicture } from '../calibration/pooled-features.ts';
import { TrainingError } from '../failure.ts';
import { createRandom } from '../random.ts';
import { distorted } from './distort.ts';
import type { KnownPicture } from './graphics.ts';
import { trainKindClassifier } from './kind-classifier.ts';
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
}): Promise<{ model: LayersModel; judged: JudgedPicture[] }> {
  const taught = atMost(
    MOST_OF_A_SOURCE,
    pictures.filter(({ split }) => split === 'train'),
  );
  const heldOut = atMost(
    MOST_OF_A_SOURCE,
    pictures.filter(({ split }) => split === 'held-out'),
  );
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
  const model = trainKindClassifier(loadTensorFlow(), {
    pooled: concatenate(features),
    examples: features.flatMap(() => taught),
  });
  const pooled = await pool(heldOut, 'Held-out pictures');
  await encoder.dispose();
  const classifier = await createClassifier({
    engine,
    bundle: { loadModel: async () => model, loadActivationRanges: bundle.loadActivationRanges },
    part: 'kind-classifier',
  });
  const judged: JudgedPicture[] = [];
  for (const [n, { kind, source }] of heldOut.entries()) {
    const features = pooled.slice(n * FEATURE_SIZE, (n + 1) * FEATURE_SIZE);
    const judgment = areBlank(features)
      ? certainlyBlank
      : likeliestKind(await classifier.classify(features));
    judged.push({ kind, source, judged: judgment.kind });
  }
  await classifier.dispose();
  return { model, judged };
}

const sourcesOf = (pictures: readonly KnownPicture[]) => [
  ...new Set(pictures.map(({ source }) => source)),
];

const filesBySource = (pictures: readonly KnownPicture[]): string[][] =>
  sourcesOf(pictures).map((source) =>
    pictures.filter((picture) => picture.source === source).map(({ file }) => file),
  );

/** Source by source, of each the same at every run. */
function atMost(count: number, pictures: readonly KnownPicture[]): KnownPicture[] {
  return sourcesOf(pictures).flatMap((source) => {
    const members = pictures.filter((picture) => picture.source === source);
    return createRandom(SEED).shuffle(members).slice(0, count);
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
