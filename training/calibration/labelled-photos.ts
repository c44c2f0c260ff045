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

/**
 * @param data folder of captioned photos
 * @param split of `data`
 * @param unseen folders of captioned photos of which none was trained on
 * @param named folders of photos with words for what they show
 * @throws TrainingError that names what is missing, and for two folders of one name, by which figures tell them apart
 */
export async function readLabelledPhotos({
  data,
  split,
  unseen,
  named,
}: {
  data: string | undefined;
  split: 'dev' | 'all';
  unseen: readonly string[];
  named: readonly string[];
}): Promise<LabelledPhotos> {
  checkNames([...(data ? [data] : []), ...unseen, ...named]);
  const { photos, training } = data
    ? await readCaptionedPhotos(data, split)
    : { photos: [], training: { files: [], captions: [] } };
  for (const folder of unseen) photos.push(...(await readCaptionedPhotos(folder, 'all')).photos);
  for (const folder of named) photos.push(...(await readNamedPhotos(folder)));
  return { photos, training };
}

/** What the set in a folder is called. */
const nameOf = (folder: string) => path.basename(path.resolve(folder));

function checkNames(folders: readonly string[]): void {
  const names = folders.map(nameOf);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice) throw new TrainingError(`Two folders of photos are called ${twice}; rename one.`);
}

/** @param split `dev`: only what was kept from training; `all`: photos of which none was trained on */
async function readCaptionedPhotos(folder: string, split: 'dev' | 'all'): Promise<LabelledPhotos> {
  const { train, dev, imageFolder } = await readDataset(folder);
  const used = split === 'all' ? [...train, ...dev] : dev;
  const trained = split === 'all' ? [] : train;
  const pathOf = (file: string) => path.join(imageFolder, file);
  return {
    photos: used.map(({ file, captions }) => ({
      set: nameOf(folder),
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
      set: nameOf(folder),
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
