// The logs of `fit`, one JSON object a line, in each model's folder.
import { appendFile, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { EpochResult } from './checkpoint.ts';
import type { FitSettings } from './settings.ts';

const LOG_FILE = 'log.jsonl';

/** What a model's log tells, since it last began anew. */
export interface TrainingLog {
  /** Name of the model's folder. */
  name: string;
  settings: FitSettings;
  steps: LoggedStep[];
  epochs: EpochResult[];
}

export interface LoggedStep {
  step: number;
  totalSteps: number;
  loss: number;
  /** Of self-critical training. */
  reward?: number;
}

/** A line of the log; which fields there are depends on `type`. */
type LogEntry =
  | { type: 'start'; settings: FitSettings }
  | ({ type: 'step' } & LoggedStep)
  | ({ type: 'epoch' } & EpochResult);

/** Adds a line to the log of the model whose folder it is. */
export async function appendToLog(folder: string, entry: LogEntry): Promise<void> {
  await appendFile(path.join(folder, LOG_FILE), `${JSON.stringify(entry)}\n`);
}

/** @returns `undefined` when the folder holds no log, or no complete epoch */
export async function readTrainingLog(folder: string): Promise<TrainingLog | undefined> {
  const content = await readFile(path.join(folder, LOG_FILE), 'utf8').catch(() => '');
  let settings: FitSettings | undefined;
  // A run that was killed repeats steps when it is resumed; the last one counts.
  const steps = new Map<number, LoggedStep>();
  const epochs = new Map<number, EpochResult>();
  for (const entry of content.split('\n').flatMap(parseEntry)) {
    if (entry.type === 'start') {
      settings = entry.settings;
      steps.clear();
      epochs.clear();
    } else if (entry.type === 'step') steps.set(entry.step, entry);
    else if (entry.type === 'epoch') epochs.set(entry.epoch, entry);
  }
  if (!settings || epochs.size === 0) return undefined;
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

/** Of all models of a run, by name. */
export async function readTrainingLogs(run: string): Promise<TrainingLog[]> {
  const entries = await readdir(run, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const logs = await Promise.all(
    folders.sort().map((name) => readTrainingLog(path.join(run, name))),
  );
  return logs.filter((log) => log !== undefined);
}

/** The epoch whose weights are kept: the first with the highest CIDEr-D. */
export function bestEpoch({ epochs }: TrainingLog): EpochResult {
  return epochs.reduce((best, epoch) => (epoch.scores.cider > best.scores.cider ? epoch : best));
}
