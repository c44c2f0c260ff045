// What a reader of one layout answers, before it is checked and split.
import { readFile } from 'node:fs/promises';
import { TrainingError } from '../failure.ts';
import type { CaptionedPhoto, Split } from './photo-captions.ts';

export interface ListedPhoto extends CaptionedPhoto {
  /** `undefined` where the layout names none. */
  split?: Split | undefined;
}

export interface PhotoList {
  imageFolder: string;
  photos: ListedPhoto[];
  /** See {@link CaptionDataset.uncaptioned}. */
  uncaptioned?: string[];
}

export interface Layout {
  /** What the folder holds, for the error when no layout fits. */
  description: string;
  /**
   * @param names of the files and folders in `folder`
   * @returns `undefined` when the folder is not of this layout
   * @throws TrainingError when it is, but damaged
   */
  read(folder: string, names: readonly string[]): Promise<PhotoList | undefined>;
}

/** @throws TrainingError when it can't be read, or is not UTF-8 */
export async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((cause) => {
    throw new TrainingError(`${file} cannot be read.`, { cause });
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new TrainingError(`${file} is not UTF-8; save it again with that encoding.`, { cause });
  }
}

/** How many names an error gives before it only counts. */
const NAMED_FILES = 3;

/** `a.jpg, b.jpg, c.jpg, …` */
export function someOf(names: readonly string[]): string {
  return names.slice(0, NAMED_FILES).join(', ') + (names.length > NAMED_FILES ? ', …' : '');
}
