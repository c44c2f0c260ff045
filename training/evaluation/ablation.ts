// The run's ablation table, ablation.jsonl: a row for each evaluation that was given a name.
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CaptionScores } from '../metrics/score-captions.ts';

export interface AblationRow {
  /** What was changed, in a few words. */
  name: string;
  /** How many were scored. */
  photos: number;
  scores: CaptionScores;
}

const tableFile = (run: string) => path.join(run, 'ablation.jsonl');

/** In the order in which they were first added. @param run the run's folder */
export async function readAblation(run: string): Promise<AblationRow[]> {
  const content = await readFile(tableFile(run), 'utf8').catch(() => '');
  return content
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as AblationRow);
}

/** Adds the row, or puts it in the place of that of the same name. */
export async function noteAblation(run: string, row: AblationRow): Promise<void> {
  const rows = new Map((await readAblation(run)).map((known) => [known.name, known]));
  rows.set(row.name, row);
  const lines = [...rows.values()].map((known) => `${JSON.stringify(known)}\n`);
  await writeFile(tableFile(run), lines.join(''));
}
