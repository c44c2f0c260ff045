// Loss and dev scores over the epochs, from the logs that `fit` writes.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { EpochResult } from '../fit/checkpoint.ts';
import { chart, type Panel } from './chart.ts';
import { colourOf, type Point } from './svg.ts';

export const LOG_FILE = 'log.jsonl';
export const CURVES_FILE = 'curves.svg';

/** What a model's log tells, since it last began anew. */
export interface TrainingLog {
  /** Name of the model's folder. */
  name: string;
  settings: Record<string, unknown>;
  /** Loss after some steps; x is in epochs. */
  steps: Point[];
  epochs: EpochResult[];
}

/** A line of the log; which fields there are depends on `type`. */
type LogEntry =
  | { type: 'start'; settings: Record<string, unknown> }
  | { type: 'step'; step: number; totalSteps: number; loss: number }
  | ({ type: 'epoch' } & EpochResult);

/** @returns `undefined` when the folder holds no log */
export async function readTrainingLog(folder: string): Promise<TrainingLog | undefined> {
  const content = await readFile(path.join(folder, LOG_FILE), 'utf8').catch(() => undefined);
  if (content === undefined) return undefined;
  let settings: Record<string, unknown> = {};
  let steps = new Map<number, Point>();
  let epochs = new Map<number, EpochResult>();
  for (const entry of content.split('\n').flatMap(parseEntry)) {
    if (entry.type === 'start') {
      settings = entry.settings;
      steps = new Map();
      epochs = new Map();
    } else if (entry.type === 'epoch') {
      epochs.set(entry.epoch, entry);
    } else if (entry.type === 'step') {
      // A run that was killed repeats steps when it is resumed; the last one counts.
      const x = (entry.step / entry.totalSteps) * Number(settings.epochs);
      steps.set(entry.step, [x, entry.loss]);
    }
  }
  return {
    name: path.basename(folder),
    settings,
    steps: [...steps.values()],
    epochs: [...epochs.values()],
  };
}

/** A process that was killed may have left half a line. */
function parseEntry(line: string): LogEntry[] {
  try {
    return [JSON.parse(line) as LogEntry];
  } catch {
    return [];
  }
}

/**
 * Writes `curves.svg` into a model's folder: loss, CIDEr-D and BLEU-4 by epoch. Where its run has several
 * models, also one into the run's folder that compares them.
 * @param folder the model's, with its log; without a complete epoch nothing is written
 */
export async function writeCurves(folder: string): Promise<void> {
  const log = await readTrainingLog(folder);
  if (!log || log.epochs.length === 0) return;
  await writeFile(path.join(folder, CURVES_FILE), drawCurves([log]));
  const run = path.dirname(folder);
  const logs = await readAllLogs(run);
  if (logs.length > 1) await writeFile(path.join(run, CURVES_FILE), drawCurves(logs));
}

async function readAllLogs(run: string): Promise<TrainingLog[]> {
  const entries = await readdir(run, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const logs = await Promise.all(
    folders.sort().map((name) => readTrainingLog(path.join(run, name))),
  );
  return logs.filter((log) => log !== undefined).filter(({ epochs }) => epochs.length > 0);
}

/** @param logs with at least one epoch each */
export function drawCurves(logs: readonly TrainingLog[]): string {
  const isOne = logs.length === 1;
  const panel = (title: string, label: string, pointOf: (epoch: EpochResult) => Point): Panel => ({
    title,
    x: { label: 'epoch', kind: 'integer' },
    y: { label },
    series: logs.map(({ name, epochs }, index) => ({
      ...(!isOne && { name }),
      points: epochs.map(pointOf),
      colour: colourOf(index),
    })),
  });
  // The loss is a mean over the epoch, the scores are of its end.
  const loss = panel('Loss while training', 'nats a word', ({ epoch, loss }) => [
    epoch - 0.5,
    loss,
  ]);
  const [only] = logs;
  if (isOne && only) {
    loss.series?.unshift({ points: only.steps, colour: colourOf(0), style: 'faint' });
  }
  return chart([
    loss,
    panel('CIDEr-D on dev (greedy captions)', 'CIDEr-D', ({ epoch, scores }) => [
      epoch,
      scores.cider,
    ]),
    panel('BLEU-4 on dev (greedy captions)', 'BLEU-4', ({ epoch, scores }) => [
      epoch,
      scores.bleu4,
    ]),
  ]);
}
