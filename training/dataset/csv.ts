// Reads a folder of photos with a CSV (RFC 4180): a header line, then a line for each caption.
//   file,caption             or with a third column, split: train, dev (also val, validation) or test
//   dog.jpg,"A dog, asleep"  several lines with the same file are several captions of it
// Spreadsheets also write semicolons or tabs; whichever the header has is taken. Files are named relative to
// the folder, or to its images/.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { photoFileName } from '@caption-queue/imaging/sniff-format';
import { CsvError, parse } from 'csv-parse/sync';
import { TrainingError } from '../failure.ts';
import { type Layout, type ListedPhoto, readText } from './layout.ts';
import type { Split } from './photo-captions.ts';

/** Which of several CSV files is meant. */
const PREFERRED_FILE = 'captions.csv';
const IMAGES = 'images';

/** What a split column may say. Photos of the test split are left alone. */
const splitNames: Record<string, Split | 'test'> = {
  train: 'train',
  dev: 'dev',
  val: 'dev',
  validation: 'dev',
  test: 'test',
};

export const csvLayout: Layout = {
  description: 'a folder of photos with captions.csv, whose first line is file,caption',
  async read(folder, names) {
    const tables = names.filter((name) => name.toLowerCase().endsWith('.csv'));
    const [table] = tables.length > 1 ? tables.filter((name) => name === PREFERRED_FILE) : tables;
    if (tables.length > 1 && !table) {
      throw new TrainingError(
        `${folder} has several CSV files (${tables.join(', ')}); call the one with the captions ${PREFERRED_FILE}.`,
      );
    }
    if (!table) return undefined;
    const photos = group(parseRows(await readText(path.join(folder, table)), table), table);
    const imageFolder = await findImageFolder(folder, photos[0]?.file ?? '');
    return {
      imageFolder,
      photos: photos.filter(({ split }) => split !== 'test') as ListedPhoto[],
      uncaptioned: await findUncaptioned(imageFolder, photos),
    };
  },
};

interface Row {
  line: number;
  file: string;
  caption: string;
  split: Split | 'test' | undefined;
}

interface GroupedPhoto extends Omit<ListedPhoto, 'split'> {
  split: Row['split'];
}

/** @throws TrainingError that names the line */
function parseRows(text: string, table: string): Row[] {
  const [header, ...records] = parseTable(text, table);
  const columns = header?.cells.map((name) => name.trim().toLowerCase()) ?? [];
  const column = (name: string) => columns.indexOf(name);
  if (column('file') < 0 || column('caption') < 0) {
    throw new TrainingError(
      `${table} must begin with the line 'file,caption' (a column 'split' may follow), not with '${header?.cells.join(',') ?? ''}'.`,
    );
  }
  if (records.length === 0) throw new TrainingError(`${table} has no line below its header.`);
  return records.map(({ line, cells }) => {
    const cell = (name: string) => cells[column(name)]?.trim() ?? '';
    for (const name of ['file', 'caption']) {
      if (cell(name) === '') throw new TrainingError(`Line ${line} of ${table} has no ${name}.`);
    }
    return {
      line,
      file: path.posix.normalize(cell('file')),
      caption: cell('caption'),
      split: column('split') < 0 ? undefined : splitOf(cell('split'), `Line ${line} of ${table}`),
    };
  });
}

function splitOf(name: string, where: string): Split | 'test' {
  const split = splitNames[name.toLowerCase()];
  if (split) return split;
  throw new TrainingError(`${where} has the split '${name}'; it must be train, dev or test.`);
}

function parseTable(text: string, table: string): { line: number; cells: string[] }[] {
  const [firstLine = ''] = text.split(/[\r\n]/, 1);
  const delimiter = [',', ';', '\t'].find((candidate) => firstLine.includes(candidate)) ?? ',';
  try {
    const records = parse(text, {
      delimiter,
      info: true,
      skip_empty_lines: true,
    }) as unknown as { info: { lines: number }; record: string[] }[];
    return records.map(({ info, record }) => ({ line: info.lines, cells: record }));
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause;
    throw new TrainingError(
      `${table}: ${cause.message}. A caption with a comma or a quotation mark stands in quotation marks; one in it is doubled.`,
      { cause },
    );
  }
}

/** A photo for each file, its captions in the order of the lines. */
function group(rows: Row[], table: string): GroupedPhoto[] {
  const photos = new Map<string, GroupedPhoto>();
  for (const { line, file, caption, split } of rows) {
    const photo = photos.get(file);
    if (!photo) {
      photos.set(file, { file, captions: [caption], split });
      continue;
    }
    if (photo.split !== split) {
      throw new TrainingError(
        `Line ${line} of ${table} puts ${file} into ${split}, an earlier line into ${photo.split}.`,
      );
    }
    photo.captions.push(caption);
  }
  return [...photos.values()];
}

async function findImageFolder(folder: string, firstFile: string): Promise<string> {
  const exists = async (file: string) => (await stat(file).catch(() => undefined)) !== undefined;
  const images = path.join(folder, IMAGES);
  const isBelow = !(await exists(path.join(folder, firstFile))) && (await exists(images));
  return isBelow ? images : folder;
}

async function findUncaptioned(imageFolder: string, photos: GroupedPhoto[]): Promise<string[]> {
  // Systems write an umlaut in two ways; either names the same file.
  const captioned = new Set(photos.map(({ file }) => file.normalize()));
  const files = await readdir(imageFolder, { recursive: true });
  return files
    .map((file) => file.split(path.sep).join('/'))
    .filter((file) => photoFileName.test(file) && !captioned.has(file.normalize()))
    .sort();
}
