// Pictures of which the kind is known: a folder with graphics.csv.
//   file,kind,source,split
//   icons/cup.png,drawing,oxygen-icon-theme,train
// `source` is the set or program that a picture comes from, `split` is `train` or `held-out`; no source has both.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type PictureKind, pictureKinds } from '@caption-queue/contract/kind';
import { CsvError, parse } from 'csv-parse/sync';
import { TrainingError } from '../failure.ts';

export const GRAPHICS_FILE = 'graphics.csv';
const splits = ['train', 'held-out'] as const;

export interface KnownPicture {
  file: string;
  kind: PictureKind;
  source: string;
  split: (typeof splits)[number];
}

/** @throws TrainingError that names the line that can't be used */
export async function readGraphics(folder: string): Promise<KnownPicture[]> {
  const table = path.join(folder, GRAPHICS_FILE);
  const text = await readFile(table, 'utf8').catch((cause) => {
    throw new TrainingError(
      `${table} cannot be read. Its first line is file,kind,source,split, and below it stands a line for each picture.`,
      { cause },
    );
  });
  const pictures = parseTable(text, table).map((row, index) => {
    const { file = '', source = '' } = row;
    const kind = pictureKinds.find((name) => name === row.kind);
    const split = splits.find((name) => name === row.split);
    if (file === '' || source === '' || !kind || !split) {
      throw new TrainingError(
        `Picture ${index + 1} of ${table} needs a file, a kind (${pictureKinds.join(', ')}), a source, and a split (${splits.join(' or ')}).`,
      );
    }
    return { file: path.resolve(folder, file), kind, source, split };
  });
  checkSources(pictures, table);
  return pictures;
}

function parseTable(text: string, table: string): Record<string, string>[] {
  try {
    return parse(text, { columns: true, skip_empty_lines: true, bom: true, trim: true });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new TrainingError(`${table}: ${cause.message}.`, { cause });
  }
}

/** Figures on pictures of a source that was trained on would flatter. */
function checkSources(pictures: readonly KnownPicture[], table: string): void {
  const trained = new Set(pictures.filter(({ split }) => split === 'train').map((p) => p.source));
  const both = pictures.find(({ split, source }) => split === 'held-out' && trained.has(source));
  if (both) throw new TrainingError(`${table} has ${both.source} both to train on and held out.`);
}
