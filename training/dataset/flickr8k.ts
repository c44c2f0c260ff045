// Reads a data set in Flickr8k's layout: a token file, a list of file names for each split, and the photos.
//   Flickr8k.token.txt            file.jpg#0<tab>A caption .
//   Flickr_8k.trainImages.txt     file.jpg   (also devImages)
//   images/ or Flicker8k_Dataset/ file.jpg
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { TrainingError } from '../failure.ts';
import type { CaptionDataset, CaptionedPhoto, Split } from './photo-captions.ts';
import { splits } from './photo-captions.ts';

const TOKEN_FILE = 'Flickr8k.token.txt';
const listFile = (split: Split) => `Flickr_8k.${split}Images.txt`;

/** The second is what the original archive calls it. */
const imageFolders = ['images', 'Flicker8k_Dataset'];

/** How many missing files an error names before it only counts. */
const NAMED_FILES = 3;

/**
 * Reads captions and splits and checks that every listed photo is there and has captions.
 * @param folder the one that holds the token file
 * @throws TrainingError that names what is missing or damaged
 */
export async function readFlickr8k(folder: string): Promise<CaptionDataset> {
  const captions = parseTokens(await readText(folder, TOKEN_FILE));
  const imageFolder = await findImageFolder(folder);
  const present = new Set(await readdir(imageFolder));
  const [train, dev] = await Promise.all(
    splits.map(async (split) => {
      const files = lines(await readText(folder, listFile(split)));
      if (files.length === 0) throw new TrainingError(`${listFile(split)} in ${folder} is empty.`);
      checkAll(
        files,
        (file) => present.has(file),
        `photos of the ${split} split are missing in ${imageFolder}`,
      );
      checkAll(
        files,
        (file) => captions.has(file),
        `photos of the ${split} split have no caption in ${TOKEN_FILE}`,
      );
      return files.map((file): CaptionedPhoto => ({ file, captions: captions.get(file) ?? [] }));
    }),
  );
  return { imageFolder, train: train ?? [], dev: dev ?? [] };
}

async function readText(folder: string, file: string): Promise<string> {
  try {
    return await readFile(path.join(folder, file), 'utf8');
  } catch (cause) {
    throw new TrainingError(
      `${file} cannot be read in ${folder}. The folder must hold a data set in Flickr8k's layout: ${TOKEN_FILE}, ${splits.map(listFile).join(', ')} and images/.`,
      { cause },
    );
  }
}

async function findImageFolder(folder: string): Promise<string> {
  for (const name of imageFolders) {
    const candidate = path.join(folder, name);
    if ((await stat(candidate).catch(() => undefined))?.isDirectory()) return candidate;
  }
  throw new TrainingError(`${folder} has no folder ${imageFolders.join(' or ')} with the photos.`);
}

/** Captions by file, in the order of their numbers. */
function parseTokens(text: string): Map<string, string[]> {
  const captions = new Map<string, string[]>();
  lines(text).forEach((line, index) => {
    const match = /^(.+)#\d+\t(.*)$/.exec(line);
    if (!match) {
      throw new TrainingError(
        `Line ${index + 1} of ${TOKEN_FILE} is not 'file.jpg#number<tab>caption'; the file may be cut off.`,
      );
    }
    const [, file, caption] = match as unknown as [string, string, string];
    const known = captions.get(file);
    if (known) known.push(caption);
    else captions.set(file, [caption]);
  });
  return captions;
}

function lines(text: string): string[] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}

function checkAll(files: string[], isFine: (file: string) => boolean, problem: string): void {
  const bad = files.filter((file) => !isFine(file));
  if (bad.length === 0) return;
  const named = bad.slice(0, NAMED_FILES).join(', ');
  throw new TrainingError(
    `${bad.length} of ${files.length} ${problem}: ${named}${bad.length > NAMED_FILES ? ', …' : ''}.`,
  );
}
