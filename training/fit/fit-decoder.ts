// The training loop: epochs of steps, dev scores after each, checkpoints, early stop.
import { setImmediate } from 'node:timers/promises';
import type { PreparedData } from '../dataset/prepared.ts';
import type { FeatureFile } from '../features/feature-file.ts';
import { readGrids, readPooled } from '../features/read-features.ts';
import { buildBatch, planEpoch, type TrainingPhoto, tokenise } from './batches.ts';
import {
  type Checkpoint,
  type EpochResult,
  type FitState,
  initialState,
  saveBest,
  saveCheckpoint,
} from './checkpoint.ts';
import { scoreDev } from './score-dev.ts';
import { createReward, type Reward, selfCriticalStep } from './self-critical.ts';
import type { FitSettings } from './settings.ts';
import type { TensorFlow } from './tensorflow-types.ts';
import { createParts, keptWeights, type TrainedParts, type TunedEncoder } from './trained-parts.ts';
import { type StepResult, trainStep } from './trainer.ts';

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
  /** Weights to begin with, by name; what is missing begins at random. */
  initial?: ReadonlyMap<string, Float32Array> | undefined;
  /** Wanted by `settings.tuning`. */
  encoder?: TunedEncoder | undefined;
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
  const parts = createParts(tf, request);
  const state = checkpoint?.state ?? initialState();
  const photos = tokenise(data.captions.train, data.vocabulary);
  const reward = settings.selfCritical && createReward(data.captions.train, data.vocabulary);
  const stepsAnEpoch = Math.ceil(photos.length / settings.batchSize);
  const totalSteps = stepsAnEpoch * settings.epochs;
  try {
    while (state.step < totalSteps && !isOver(state.epochs, settings)) {
      const epoch = Math.floor(state.step / stepsAnEpoch) + 1;
      const batches = planEpoch(photos, { ...settings, epoch });
      await runSteps(
        tf,
        { ...request, parts, reward, state, totalSteps },
        {
          epoch,
          batches: batches.slice(state.step % stepsAnEpoch),
        },
      );
      if (state.step === epoch * stepsAnEpoch && state.epochs.length < epoch) {
        const { maximumWords } = settings;
        const scores = scoreDev(tf, {
          ...parts,
          weights: keptWeights(parts),
          vocabulary: data.vocabulary,
          dev: data.captions.dev,
          features,
          maximumWords,
        });
        await endEpoch(request, parts, state, { epoch, scores });
      }
      await saveAll(request, parts, state);
      if (signal?.aborted) break;
    }
    return state;
  } finally {
    parts.dispose();
  }
}

interface RunningFit extends FitRequest {
  parts: TrainedParts;
  /** Of self-critical training. */
  reward?: Reward | undefined;
  state: FitState;
  totalSteps: number;
}

/** Trains on the batches until their end or an abort. */
async function runSteps(
  tf: TensorFlow,
  { parts, reward, state, totalSteps, settings, features, signal, onStep }: RunningFit,
  { epoch, batches }: { epoch: number; batches: TrainingPhoto[][] },
): Promise<void> {
  const { maximumWords, flipShare, seed, selfCritical } = settings;
  let tensors: number | undefined;
  for (const photos of batches) {
    // Lets Ctrl-C in.
    await setImmediate();
    if (signal?.aborted) return;
    const startedAt = performance.now();
    const step = state.step + 1;
    const batch = buildBatch(photos, { maximumWords, flipShare, seeds: [seed, step] });
    const grids = readGrids(features, batch.photos);
    const untuned = parts.divergence && readPooled(features, batch.photos);
    const at = { grids, untuned, step, totalSteps };
    const result =
      selfCritical && reward
        ? selfCriticalStep(tf, parts, { ...at, photos, reward, selfCritical })
        : trainStep(tf, parts, { ...at, batch });
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
  parts: TrainedParts,
  state: FitState,
  { epoch, scores }: Pick<EpochResult, 'epoch' | 'scores'>,
): Promise<void> {
  const loss = state.lossSum / state.wordCount;
  const result: EpochResult = { epoch, loss, scores, seconds: state.seconds };
  const isBest = state.epochs.every((before) => before.scores.cider < scores.cider);
  state.epochs.push(result);
  Object.assign(state, { lossSum: 0, wordCount: 0, seconds: 0 });
  if (isBest) await saveBest(folder, { settings, state, variables: keptWeights(parts) });
  onEpoch?.(result);
}

async function saveAll(
  { settings, folder }: FitRequest,
  { weights, optimizer, averages }: TrainedParts,
  state: FitState,
): Promise<void> {
  const variables = [...weights, ...optimizer.state, ...(averages?.state ?? [])];
  await saveCheckpoint(folder, { settings, state, variables });
}

/** No better dev CIDEr for `patience` epochs. */
function isOver(epochs: readonly EpochResult[], { patience }: FitSettings): boolean {
  const scores = epochs.map(({ scores }) => scores.cider);
  const best = scores.indexOf(Math.max(...scores));
  return scores.length > 0 && scores.length - 1 - best >= patience;
}
