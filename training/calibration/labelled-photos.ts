// Photos of which it is known what they show: captioned by people, or with the words that name what is on them.
//   file,words                       a line for each photo; the folder has them, or its images/
//   zebra.jpg,zebra|equine|animal    all words that would be right for it
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { CsvError, parse } from 'csv-parse/sync';
import { readDataset } from '../dataset/read-dataset.ts';
import { TrainingError } from '../failure.ts';
import { scoringWords } from '../metrics/scored-caption.ts';
import type { Truth } from './right.ts';

export interface LabelledPhoto {
  /** Of which data set, for figures by set. */
  set: string;
  file: string;
  truth: Truth;
}

export interface LabelledPhotos {
  photos: LabelledPhoto[];
  /** What the model was trained on, where that is known. */
  training: TrainingPhotos;
}

export interface TrainingPhotos {
  files: string[];
  /** Of each, as words. */
  captions: string[][][];
}

/** @param data folder of captioned photos @param named folder of photos with words for what they show */
export async function readLabelledPhotos({
  data,
  named,
  split,
}: {
  data: string | undefined;
  named: string | undefined;
  split: 'dev' | 'all';
}): Promise<LabelledPhotos> {
  const { photos, training } = data
    ? await readCaptionedPhotos(data, split)
    : { photos: [], training: { files: [], captions: [] } };
  return { photos: [...photos, ...(named ? await readNamedPhotos(named) : [])], training };
}

/** @param split `dev`: only what was kept from training; `all`: photos of which none was trained on */
async function readCaptionedPhotos(folder: string, split: 'dev' | 'all'): Promise<LabelledPhotos> {
  const { train, dev, imageFolder } = await readDataset(folder);
  const used = split === 'all' ? [...train, ...dev] : dev;
  const trained = split === 'all' ? [] : train;
  const pathOf = (file: string) => path.join(imageFolder, file);
  return {
    photos: used.map(({ file, captions }) => ({
      set: path.basename(path.resolve(folder)),
      file: pathOf(file),
      truth: { kind: 'captions', captions: captions.map(scoringWords) },
    })),
    training: {
      files: trained.map(({ file }) => pathOf(file)),
      captions: trained.map(({ captions }) => captions.map(scoringWords)),
    },
  };
}

/** @throws TrainingError that names what is missing or unreadable */
async function readNamedPhotos(folder: string): Promise<LabelledPhoto[]> {
  const names = await readdir(folder).catch((cause) => {
    throw new TrainingError(`${folder} is not a folder that can be read.`, { cause });
  });
  const tables = names.filter((name) => name.toLowerCase().endsWith('.csv'));
  const [table] = tables;
  if (!table || tables.length > 1) {
    throw new TrainingError(
      `${folder} has ${tables.length} CSV files; one is wanted, whose first line has the columns file and words.`,
    );
  }
  const rows = parseRows(await readFile(path.join(folder, table), 'utf8'), table);
  const images = path.join(folder, 'images');
  const root = (await isFile(path.join(folder, rows[0]?.file ?? ''))) ? folder : images;
  const photos = rows.map(({ file, words }): LabelledPhoto => {
    const names = words.split('|').map((word) => word.trim().toLowerCase());
    return {
      set: path.basename(path.resolve(folder)),
      file: path.join(root, file),
      truth: { kind: 'names', names: names.filter((word) => word !== '') },
    };
  });
  for (const { file } of photos) {
    if (!(await isFile(file))) throw new TrainingError(`${table} names ${file}, which is missing.`);
  }
  return photos;
}

async function isFile(file: string): Promise<boolean> {
  return (await stat(file).catch(() => undefined))?.isFile() === true;
}

function parseRows(text: string, table: string): { file: string; words: string }[] {
  try {
    const rows = parse(text, { columns: true, skip_empty_lines: true, bom: true, trim: true }) as {
      file?: string;
      words?: string;
    }[];
    if (rows.length === 0) throw new TrainingError(`${table} has no line below its header.`);
    return rows.map(({ file, words }, index) => {
      if (!file || !words) {
        throw new TrainingError(
          `Photo ${index + 1} of ${table} lacks file or words; the first line must name both columns, e.g. file,words.`,
        );
      }
      return { file: path.normalize(file), words };
    });
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new TrainingError(`${table}: ${cause.message}.`, { cause });
  }
}
