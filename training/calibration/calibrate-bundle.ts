// Finds out how far a bundle's captions can be trusted, from photos of which it is known what they show.
import type { Calibration } from '@caption-queue/contract/calibration';
import { type Bundle, checkCalibration, type Trust } from '@caption-queue/model/bundle';
import { createEncoder, type Encoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import type { Engine } from '@caption-queue/model/engines/engine';
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import { TrainingError } from '../failure.ts';
import { type AssessedPhoto, assess, type Chances } from './assess.ts';
import { adjustChances, checkPhotos, FEWEST_TO_FIT, fitChances } from './chances.ts';
import { type Foundation, learnFoundation } from './foundation.ts';
import type { JudgedPhoto } from './judged-photo.ts';
import type { LabelledPhoto, LabelledPhotos } from './labelled-photos.ts';
import { observePhotos } from './observe-photos.ts';
import { poolPhotos } from './pooled-features.ts';

/**
 * On unfamiliar pictures a word for what the classifier is sure of is worth 6 nats in the beam: more makes
 * sentences about nothing else, and on familiar pictures it costs more than it gives.
 */
export const GUIDANCE_BONUS = 6;
const guidance = { leastProbability: 0.5, mostFamiliarity: -0.5 };
/** On photos of sets that it was not fitted on four of five get an alt text from here on, and six of seven of those are right. */
export const DEFAULT_MIN_CONFIDENCE = 0.65;

/** Follows one of the steps that take long. @returns told how many photos are done */
export type StartProgress = (title: string, total: number) => (done: number) => void;

export interface CalibrationRequest extends LabelledPhotos {
  bundle: Bundle;
  /** Nats in the beam for naming what the classifier is sure of; 0 for no guidance. */
  guidanceBonus: number;
  /** From which chance on something is published; default: the earlier calibration's, or the usual one. */
  minConfidence: number | undefined;
  threads: number;
  /** Where features of training photos are kept. */
  folder: string;
  startProgress: StartProgress;
}

export interface CalibrationResult {
  calibration: Calibration;
  foundation: Foundation;
  judged: JudgedPhoto[];
  /** Each photo by a calibration that doesn't know it, nor others of its set where there are several sets. */
  assessed: AssessedPhoto[];
}

/** @throws TrainingError when it can't be made from these photos */
export async function calibrateBundle(request: CalibrationRequest): Promise<CalibrationResult> {
  const { bundle, photos, threads, minConfidence, startProgress } = request;
  if (!bundle.hasClassifier) {
    throw new TrainingError(`${bundle.directory} has no classifier to compare captions with.`);
  }
  const known = await bundle.loadTrust();
  checkBasis(request, known);
  const engine = await createEngine('onnx', { threads });
  const encoder = await createEncoder({ engine, bundle, onWarning: console.warn });
  const foundation = learns(request)
    ? await learnFrom(request, { engine, encoder })
    : { ...(known as Trust), model: bundle };
  const judged = await observePhotos({
    photos,
    bundle,
    engine,
    encoder,
    foundation,
    onProgress: startProgress('Captioning', photos.length),
  });
  checkPhotos(judged);
  const fit = (some: JudgedPhoto[]): Chances =>
    isFew(photos) ? adjustChances((known as Trust).calibration, some) : fitChances(some);
  const { meanClassProbabilities, judgedNouns, guidance } = foundation.calibration;
  return {
    calibration: {
      meanClassProbabilities,
      judgedNouns,
      guidance,
      ...fit(judged),
      minConfidence: minConfidence ?? known?.calibration.minConfidence ?? DEFAULT_MIN_CONFIDENCE,
    },
    foundation,
    judged,
    assessed: assess(judged, fit),
  };
}

/** Too few to fit anything: they only adjust what is known. */
const isFew = (photos: readonly LabelledPhoto[]) => photos.length < FEWEST_TO_FIT;

/** Whether what is familiar is learned anew. */
const learns = ({ photos, training }: CalibrationRequest) =>
  training.files.length > 0 && !isFew(photos);

function checkBasis(request: CalibrationRequest, known: Trust | undefined): void {
  if (learns(request)) return;
  const { photos, bundle } = request;
  if (known) {
    if (isFew(photos)) checkCalibration(known.calibration, bundle);
    return;
  }
  throw new TrainingError(
    isFew(photos)
      ? `${photos.length} photos can only adjust an earlier calibration, and this bundle has none; the first takes ${FEWEST_TO_FIT}.`
      : 'The first calibration of a bundle also reads what it was trained on: name that data set by --data, with --split dev.',
  );
}

async function learnFrom(
  {
    bundle,
    training: { files, captions },
    guidanceBonus,
    folder,
    startProgress,
  }: CalibrationRequest,
  { engine, encoder }: { engine: Engine; encoder: Encoder },
): Promise<Foundation> {
  const pooled = await poolPhotos({
    files,
    encoder,
    folder,
    onProgress: startProgress('Reading the training photos', files.length),
  });
  return learnFoundation(loadTensorFlow(), {
    bundle,
    engine,
    pooled,
    captions,
    guidance: { bonus: guidanceBonus, ...guidance },
  });
}
