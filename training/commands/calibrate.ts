// `calibrate`: teaches a bundle how far its captions can be trusted.

import type { Calibration } from '@caption-queue/contract/calibration';
import { loadBundle, type Trust } from '@caption-queue/model/bundle';
import { createEncoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/engine';
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import { assess, type Chances } from '../calibration/assess.ts';
import { adjustChances, checkPhotos, FEWEST_TO_FIT, fitChances } from '../calibration/chances.ts';
import { type Foundation, learnFoundation } from '../calibration/foundation.ts';
import type { JudgedPhoto } from '../calibration/judged-photo.ts';
import {
  type LabelledPhoto,
  readCaptionedPhotos,
  readNamedPhotos,
  type TrainingPhotos,
} from '../calibration/labelled-photos.ts';
import { observePhotos } from '../calibration/observe-photos.ts';
import { poolPhotos } from '../calibration/pooled-features.ts';
import { reportOf, reportText, writeReport } from '../calibration/report.ts';
import { copyBundle, saveCalibration } from '../calibration/save.ts';
import type { Command, Options } from '../command-line/command.ts';
import { createProgress } from '../command-line/progress.ts';
import { runFolder, runOption } from '../command-line/run-folder.ts';
import { TrainingError } from '../failure.ts';

/**
 * On unfamiliar pictures a word for what the classifier is sure of is worth 6 nats in the beam: more makes
 * sentences about nothing else, and on familiar pictures it costs more than it gives.
 */
const guidance = { bonus: 6, leastProbability: 0.5, mostFamiliarity: -0.5 };
/** On Flickr8k and ImageNet together six of seven pictures get an alt text from here on, and five of six of those are right. */
const DEFAULT_MIN_CONFIDENCE = 0.45;

export const calibrateCommand: Command = {
  name: 'calibrate',
  summary: `Teaches a bundle how far its captions can be trusted: writes confidence, tags' chances and the default of min_confidence into it, from photos of which it is known what they show. With fewer than ${FEWEST_TO_FIT} of them it only adjusts what an earlier calibration found.`,
  options: {
    bundle: { description: 'Bundle: a name below models/, or a path.', value: 'NAME' },
    data: {
      description: 'Folder of captioned photos, in any layout that `prepare` reads.',
      value: 'FOLDER',
    },
    split: {
      description:
        '`dev`: the photos of --data that were kept from training; `all`: all of them, when the model was trained on others.',
      value: 'NAME',
      default: 'dev',
    },
    named: {
      description:
        'Folder of photos with a CSV whose first line has file,words: all words that are right for a photo, separated by |.',
      value: 'FOLDER',
    },
    'min-confidence': {
      description: `From which chance on something is published when a request doesn't say. Default: ${DEFAULT_MIN_CONFIDENCE}, or what an earlier calibration has.`,
      value: 'X',
    },
    'guidance-bonus': {
      description: 'Nats in the beam for naming what the classifier is sure of; 0 for no guidance.',
      value: 'X',
      default: String(guidance.bonus),
    },
    output: {
      description:
        'Leave the bundle as it is and write a calibrated copy: a name below models/, or a path.',
      value: 'NAME',
    },
    'bundle-version': {
      description: 'Version of the calibrated bundle. Default: as it was.',
      value: 'TEXT',
    },
    'dry-run': { description: 'Print the figures and leave the bundle as it is.' },
    threads: { description: 'Threads inside one operation.', value: 'N', default: '2' },
    ...runOption,
  },
  examples: [
    '--bundle flickr8k-attention --data ~/flickr8k --named ~/imagenet-sample',
    '--bundle flickr8k-attention --data ~/my-photos --split all --output my-captions',
  ],
  async run(options) {
    const bundle = await loadBundle(options.text('bundle'));
    if (!bundle.hasClassifier) {
      throw new TrainingError(`${bundle.directory} has no classifier to compare captions with.`);
    }
    const { photos, training } = await readPhotos(options);
    const known = await bundle.loadTrust();
    const isFew = photos.length < FEWEST_TO_FIT;
    const learns = training.files.length > 0 && !isFew;
    checkBasis({ photos, known, isFew, learns });
    const threads = options.number('threads', { minimum: 1, integer: true });
    const engine = await createEngine('onnx', { threads });
    const encoder = await createEncoder({ engine, bundle, onWarning: console.warn });
    const run = runFolder(options);
    const folder = run.calibration(bundle.manifest.name);
    const bonus = options.number('guidance-bonus', { minimum: 0 });
    let foundation: Foundation;
    if (learns) {
      const pooled = await poolPhotos({
        files: training.files,
        encoder,
        folder,
        ...progressOf('Reading the training photos', training.files.length),
      });
      const { captions } = training;
      foundation = await learnFoundation(loadTensorFlow(), {
        ...{ bundle, engine, pooled, captions },
        guidance: { ...guidance, bonus },
      });
    } else {
      foundation = { ...(known as Trust), model: bundle };
    }
    const judged = await observePhotos({
      photos,
      bundle,
      engine,
      encoder,
      foundation,
      ...progressOf('Captioning', photos.length),
    });
    checkPhotos(judged);
    const fit = (some: JudgedPhoto[]): Chances =>
      isFew ? adjustChances((known as Trust).calibration, some) : fitChances(some);
    const assessed = assess(judged, fit);
    const minConfidence =
      options.optionalNumber('min-confidence', { minimum: 0, maximum: 1 }) ??
      known?.calibration.minConfidence ??
      DEFAULT_MIN_CONFIDENCE;
    const report = reportOf(assessed, minConfidence);
    console.log(`Five-fold cross-validation:\n\n${reportText(report)}`);
    await writeReport(folder, { report, assessed, judged });
    if (options.flag('dry-run')) return;
    const { meanClassProbabilities, judgedNouns, guidance: guided } = foundation.calibration;
    const calibration: Calibration = {
      ...{ meanClassProbabilities, judgedNouns, guidance: guided },
      ...fit(judged),
      minConfidence,
    };
    const output = options.optionalText('output');
    const target = output ? await copyBundle(bundle, output) : bundle;
    await saveCalibration(target, {
      calibration,
      foundation,
      version: options.optionalText('bundle-version') ?? bundle.manifest.version,
    });
    console.log(`\n${target.directory} is calibrated. Restart the services that use it.`);
  },
};

function progressOf(title: string, total: number): { onProgress: (done: number) => void } {
  const progress = createProgress({ title, total, unit: 'photos' });
  return {
    onProgress(done) {
      progress.update(done);
      if (done === total) progress.finish();
    },
  };
}

async function readPhotos(
  options: Options,
): Promise<{ photos: LabelledPhoto[]; training: TrainingPhotos }> {
  const split = options.text('split');
  if (split !== 'dev' && split !== 'all') {
    throw new TrainingError(`--split must be dev or all, not '${split}'.`);
  }
  const [data, named] = [options.optionalText('data'), options.optionalText('named')];
  if (!data && !named) {
    throw new TrainingError('Give captioned photos by --data, named ones by --named, or both.');
  }
  const captioned = data
    ? await readCaptionedPhotos(data, split)
    : { photos: [], training: { files: [], captions: [] } };
  const photos = [...captioned.photos, ...(named ? await readNamedPhotos(named) : [])];
  return { photos, training: captioned.training };
}

/** @throws TrainingError when the bundle's first calibration can't be made from what was given */
function checkBasis({
  photos,
  known,
  isFew,
  learns,
}: {
  photos: readonly LabelledPhoto[];
  known: Trust | undefined;
  isFew: boolean;
  learns: boolean;
}): void {
  if (known || learns) return;
  throw new TrainingError(
    isFew
      ? `${photos.length} photos can only adjust an earlier calibration, and this bundle has none; the first takes ${FEWEST_TO_FIT}.`
      : 'The first calibration of a bundle also reads what it was trained on: name that data set by --data, with --split dev.',
  );
}
