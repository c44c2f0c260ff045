// Saves a training run and takes it up again exactly where it was: weights, optimizer state and counters in one
// file, checkpoint.safetensors; the weights of the best epoch in best.safetensors.
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { TrainingError } from '../failure.ts';
import type { CaptionScores } from '../metrics/score-captions.ts';
import { type NamedValues, readTensorFile, writeTensorFile } from './safetensors.ts';
import type { FitSettings } from './settings.ts';
import type { Variable } from './tensorflow-types.ts';

export interface EpochResult {
  /** Counted from 1. */
  epoch: number;
  /** Mean over the epoch's words, with label smoothing. */
  loss: number;
  /** Of greedy captions of the dev split. */
  scores: CaptionScores;
  seconds: number;
}

/** Where a run stands. */
export interface FitState {
  /** Steps done over the whole run. */
  step: number;
  /** Of the epoch in work, for its mean. */
  lossSum: number;
  wordCount: number;
  seconds: number;
  epochs: EpochResult[];
}

export const initialState = (): FitState => ({
  step: 0,
  lossSum: 0,
  wordCount: 0,
  seconds: 0,
  epochs: [],
});

export interface Checkpoint {
  settings: FitSettings;
  state: FitState;
  /** Weights by name and, in a resumable one, the optimizer's moments. */
  values: Map<string, Float32Array>;
}

const checkpointPath = (folder: string) => path.join(folder, 'checkpoint.safetensors');
const bestPath = (folder: string) => path.join(folder, 'best.safetensors');

export async function saveCheckpoint(
  folder: string,
  { settings, state, variables }: SavedParts,
): Promise<void> {
  await save(checkpointPath(folder), { settings, state, variables });
}

export async function saveBest(folder: string, parts: SavedParts): Promise<void> {
  await save(bestPath(folder), parts);
}

interface SavedParts {
  settings: FitSettings;
  state: FitState;
  variables: Iterable<readonly [string, Variable]>;
}

async function save(file: string, { settings, state, variables }: SavedParts): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  const tensors = new Map<string, NamedValues>();
  for (const [name, variable] of variables) {
    tensors.set(name, { shape: variable.shape, values: variable.dataSync() as Float32Array });
  }
  const metadata = { settings: JSON.stringify(settings), state: JSON.stringify(state) };
  await writeTensorFile(file, { tensors, metadata });
}

/** The run's last state, or `undefined` when it has not begun. */
export async function loadCheckpoint(folder: string): Promise<Checkpoint | undefined> {
  return load(checkpointPath(folder));
}

/** A run's last state to go on from. @throws TrainingError when it began with other settings */
export async function loadResumable(
  folder: string,
  settings: FitSettings,
): Promise<Checkpoint | undefined> {
  const checkpoint = await loadCheckpoint(folder);
  if (!checkpoint || JSON.stringify(checkpoint.settings) === JSON.stringify(settings)) {
    return checkpoint;
  }
  throw new TrainingError(
    `${folder} holds a run with other settings. Give the same options to go on, --restart to begin anew, or another --model.`,
  );
}

/** The weights of the best epoch. @throws TrainingError when no epoch is complete */
export async function loadBest(folder: string): Promise<Checkpoint> {
  const best = await load(bestPath(folder));
  if (best) return best;
  throw new TrainingError(
    `${folder} has no trained weights; \`npm run train -- fit\` makes them, an epoch must be complete.`,
  );
}

async function load(file: string): Promise<Checkpoint | undefined> {
  const found = await readTensorFile(file);
  if (!found) return undefined;
  const { settings, state } = found.metadata as { settings: string; state: string };
  return {
    settings: JSON.parse(settings) as FitSettings,
    state: JSON.parse(state) as FitState,
    values: new Map([...found.tensors].map(([name, { values }]) => [name, values])),
  };
}
