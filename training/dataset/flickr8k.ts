// Reads a data set in Flickr8k's layout: a token file, a list of file names for each split, and the photos.
//   Flickr8k.token.txt            file.jpg#0<tab>A caption .
//   Flickr_8k.trainImages.txt     file.jpg   (also devImages)
//   images/ or Flicker8k_Dataset/ file.jpg
import path from 'node:path';
import { TrainingError } from '../failure.ts';
import { type Layout, type ListedPhoto, readText } from './layout.ts';
import { type Split, splits } from './photo-captions.ts';

const TOKEN_FILE = 'Flickr8k.token.txt';
const listFile = (split: Split) => `Flickr_8k.${split}Images.txt`;
const textFiles = [TOKEN_FILE, ...splits.map(listFile)];

/** The second is what the original archive calls it. */
const imageFolders = ['images', 'Flicker8k_Dataset'];

export const flickr8kLayout: Layout = {
  description: `Flickr8k's (${textFiles.join(', ')} and ${imageFolders[0]}/)`,
  async read(folder, names) {
    if (!textFiles.some((file) => names.includes(file))) return undefined;
    const lacking = textFiles.filter((file) => !names.includes(file));
    if (lacking.length > 0) {
      throw new TrainingError(`${folder} lacks ${lacking.join(' and ')} of Flickr8k's layout.`);
    }
    const images = imageFolders.find((name) => names.includes(name));
    if (!images) {
      throw new TrainingError(
        `${folder} has no folder ${imageFolders.join(' or ')} with the photos.`,
      );
    }
    const captions = parseTokens(await readText(path.join(folder, TOKEN_FILE)));
    const photos: ListedPhoto[] = [];
    for (const split of splits) {
      const files = lines(await readText(path.join(folder, listFile(split))));
      if (files.length === 0) throw new TrainingError(`${listFile(split)} in ${folder} is empty.`);
      for (const file of files) photos.push({ file, captions: captions.get(file) ?? [], split });
    }
    return { imageFolder: path.join(folder, images), photos };
  },
};

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
