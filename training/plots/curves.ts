// Loss (or reward) and dev scores over the epochs.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EpochResult } from '../fit/checkpoint.ts';
import {
  bestEpoch,
  type LoggedStep,
  readTrainingLog,
  readTrainingLogs,
  type TrainingLog,
} from '../fit/training-log.ts';
import { chart, type Panel } from './chart.ts';
import { colourOf, type Point } from './svg.ts';

const CURVES_FILE = 'curves.svg';

/** More lines than these are not told apart, and their names find no room. */
const COMPARED_MODELS = 5;

/**
 * Writes `curves.svg` into a model's folder. Where its run has several models, also one into the run's folder
 * that compares the best of them.
 * @param folder the model's, with its log; without a complete epoch nothing is written
 */
export async function writeCurves(folder: string): Promise<void> {
  const log = await readTrainingLog(folder);
  if (!log) return;
  await writeFile(path.join(folder, CURVES_FILE), drawCurves([log]));
  const run = path.dirname(folder);
  const logs = await readTrainingLogs(run);
  if (logs.length < 2) return;
  logs.sort((a, b) => bestEpoch(b).scores.cider - bestEpoch(a).scores.cider);
  await writeFile(path.join(run, CURVES_FILE), drawCurves(logs.slice(0, COMPARED_MODELS)));
}

/** What was learned from, CIDEr-D and BLEU-4 by epoch. @param logs at least one */
export function drawCurves(logs: readonly TrainingLog[]): string {
  const score = (name: string, measure: (scores: EpochResult['scores']) => number): Panel => ({
    title: `${name} on dev (greedy captions)`,
    x: { label: 'epoch', kind: 'integer' },
    y: { label: name },
    series: logs.map((log, index) => ({
      ...legendOf(logs, index),
      points: log.epochs.map(({ epoch, scores }): Point => [epoch, measure(scores)]),
    })),
  });
  return chart([
    ...learningPanels(logs),
    score('CIDEr-D', ({ cider }) => cider),
    score('BLEU-4', ({ bleu4 }) => bleu4),
  ]);
}

const legendOf = (logs: readonly TrainingLog[], index: number) => ({
  ...(logs.length > 1 && { name: (logs[index] as TrainingLog).name }),
  colour: colourOf(index),
});

/** The loss of models that learn from people's captions, the reward of those that learn from their own. */
function learningPanels(logs: readonly TrainingLog[]): Panel[] {
  const panel = (title: string, label: string, pointsOf: (log: TrainingLog) => Point[]): Panel => ({
    title,
    x: { label: 'epoch', kind: 'integer' },
    y: { label },
    series: logs
      .map((log, index) => ({ ...legendOf(logs, index), points: pointsOf(log) }))
      .filter(({ points }) => points.length > 0),
  });
  return [
    panel('Loss while training', 'nats a word', lossPoints),
    panel('Reward while training', 'CIDEr-D of drawn captions', rewardPoints),
  ].filter(({ series = [] }) => series.length > 0);
}

function lossPoints(log: TrainingLog): Point[] {
  if (rewardPoints(log).length > 0) return [];
  // A short run has fewer lines about steps than about epochs. An epoch's loss is its mean.
  return log.steps.length < log.epochs.length
    ? log.epochs.map(({ epoch, loss }) => [epoch - 0.5, loss])
    : smoothed(log.steps.map((step) => [inEpochs(step, log), step.loss]));
}

function rewardPoints(log: TrainingLog): Point[] {
  return smoothed(
    log.steps.flatMap((step) =>
      step.reward === undefined ? [] : [[inEpochs(step, log), step.reward] as const],
    ),
  );
}

function inEpochs({ step, totalSteps }: LoggedStep, { settings }: TrainingLog): number {
  return (step / totalSteps) * settings.epochs;
}

/** Single batches differ more than epochs do: each point is the mean with its neighbours. */
function smoothed(points: readonly Point[]): Point[] {
  const reach = 2;
  return points.map(([x], index) => {
    const near = points.slice(Math.max(0, index - reach), index + reach + 1);
    return [x, near.reduce((sum, [, y]) => sum + y, 0) / near.length];
  });
}
