// The training loop: epochs of steps, dev scores after each, checkpoints, early stop.
import { setImmediate } from 'node:timers/promises';
import type { PreparedData } from '../dataset/prepared.ts';
import type { FeatureFile } from '../features/feature-file.ts';
import { readGrids } from '../features/read-features.ts';
import { buildBatch, planEpoch, type TrainingPhoto, tokenise } from './batches.ts';
import {
  type Checkpoint,
  type EpochResult,
  type FitState,
  initialState,
  saveBest,
  saveCheckpoint,
} from './checkpoint.ts';
import { createOptimizer } from './optimizer.ts';
import { scoreDev } from './score-dev.ts';
import { buildNetwork, type FitSettings } from './settings.ts';
import type { TensorFlow } from './tensorflow-types.ts';
import { type StepResult, type TrainedParts, trainStep } from './trainer.ts';
import { createWeights, initialValues } from './weights.ts';

export interface StepReport extends StepResult {
  epoch: number;
  step: number;
  totalSteps: number;
  photos: number;
  words: number;
}

export interface FitRequest {
  settings: FitSettings;
  data: PreparedData;
  features: FeatureFile;
  /** Where checkpoints go. */
  folder: string;
  /** What `loadCheckpoint` found there. */
  checkpoint?: Checkpoint | undefined;
  /** Saves and returns after the step in work. */
  signal?: AbortSignal;
  onStep?: (report: StepReport) => void;
  onEpoch?: (result: EpochResult) => void;
}

/**
 * Trains until the last epoch, an early stop or an abort. What it computes depends only on settings, data and
 * features: a run that was stopped and resumed ends with the same weights.
 * @returns the state it ended in
 */
export async function fitDecoder(tf: TensorFlow, request: FitRequest): Promise<FitState> {
  const { settings, data, features, checkpoint, signal } = request;
  const parts = createParts(tf, settings, checkpoint);
  const state = checkpoint?.state ?? initialState();
  const photos = tokenise(data.captions.train, data.vocabulary);
  const stepsAnEpoch = Math.ceil(photos.length / settings.batchSize);
  const totalSteps = stepsAnEpoch * settings.epochs;
  try {
    while (state.step < totalSteps && !isOver(state.epochs, settings)) {
      const epoch = Math.floor(state.step / stepsAnEpoch) + 1;
      const batches = planEpoch(photos, { ...settings, epoch });
      await runSteps(
        tf,
        { ...request, parts, state, totalSteps },
        {
          epoch,
          batches: batches.slice(state.step % stepsAnEpoch),
        },
      );
      if (state.step === epoch * stepsAnEpoch && state.epochs.length < epoch) {
        const { network, weights } = parts;
        const { maximumWords } = settings;
        const { vocabulary, captions } = data;
        const dev = captions.dev;
        const scores = scoreDev(tf, { network, weights, vocabulary, dev, features, maximumWords });
        await endEpoch(request, parts, state, { epoch, scores });
      }
      await saveAll(request, parts, state);
      if (signal?.aborted) break;
    }
    return state;
  } finally {
    parts.optimizer.dispose();
    tf.dispose([...parts.weights.values()]);
  }
}

function createParts(
  tf: TensorFlow,
  settings: FitSettings,
  checkpoint: Checkpoint | undefined,
): TrainedParts {
  const network = buildNetwork(tf, settings);
  const values = checkpoint?.values ?? initialValues(network.weights, settings.seed);
  const weights = createWeights(tf, network.weights, values);
  const { clipNorm, decay } = settings;
  const optimizer = createOptimizer(tf, {
    weights,
    clipNorm,
    decay,
    restored: checkpoint?.values,
  });
  return { network, weights, optimizer, settings };
}

interface RunningFit extends FitRequest {
  parts: TrainedParts;
  state: FitState;
  totalSteps: number;
}

/** Trains on the batches until their end or an abort. */
async function runSteps(
  tf: TensorFlow,
  { parts, state, totalSteps, settings, features, signal, onStep }: RunningFit,
  { epoch, batches }: { epoch: number; batches: TrainingPhoto[][] },
): Promise<void> {
  const { maximumWords, flipShare, seed } = settings;
  let tensors: number | undefined;
  for (const photos of batches) {
    // Lets Ctrl-C in.
    await setImmediate();
    if (signal?.aborted) return;
    const startedAt = performance.now();
    const step = state.step + 1;
    const batch = buildBatch(photos, { maximumWords, flipShare, seeds: [seed, step] });
    const grids = readGrids(features, batch.photos);
    const result = trainStep(tf, parts, { batch, grids, step, totalSteps });
    if (!Number.isFinite(result.loss)) {
      throw new Error(`The loss is ${result.loss} at step ${step}; train with a lower --rate.`);
    }
    const { numTensors } = tf.memory();
    tensors ??= numTensors;
    if (numTensors > tensors) {
      throw new Error(`Step ${step} left ${numTensors - tensors} tensors behind.`);
    }
    state.step = step;
    state.lossSum += result.loss * batch.words;
    state.wordCount += batch.words;
    state.seconds += (performance.now() - startedAt) / 1000;
    onStep?.({ ...result, epoch, step, totalSteps, photos: photos.length, words: batch.words });
  }
}

/** Closes the epoch's books, and keeps its weights when they are the best so far. */
async function endEpoch(
  { settings, folder, onEpoch }: FitRequest,
  { weights }: TrainedParts,
  state: FitState,
  { epoch, scores }: Pick<EpochResult, 'epoch' | 'scores'>,
): Promise<void> {
  const loss = state.lossSum / state.wordCount;
  const result: EpochResult = { epoch, loss, scores, seconds: state.seconds };
  const isBest = state.epochs.every((before) => before.scores.cider < scores.cider);
  state.epochs.push(result);
  Object.assign(state, { lossSum: 0, wordCount: 0, seconds: 0 });
  if (isBest) await saveBest(folder, { settings, state, variables: weights });
  onEpoch?.(result);
}

async function saveAll(
  { settings, folder }: FitRequest,
  { weights, optimizer }: TrainedParts,
  state: FitState,
): Promise<void> {
  await saveCheckpoint(folder, { settings, state, variables: [...weights, ...optimizer.state] });
}

/** No better dev CIDEr for `patience` epochs. */
function isOver(epochs: readonly EpochResult[], { patience }: FitSettings): boolean {
  const scores = epochs.map(({ scores }) => scores.cider);
  const best = scores.indexOf(Math.max(...scores));
  return scores.length > 0 && scores.length - 1 - best >= patience;
}
