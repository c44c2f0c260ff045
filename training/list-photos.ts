// The photos of a folder, by their names.
import { readdir } from 'node:fs/promises';
import { photoFileName } from '@caption-queue/imaging/sniff-format';
import { TrainingError } from './failure.ts';

/** In alphabetical order. @throws TrainingError when there is none */
export async function listPhotos(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((cause) => {
    throw new TrainingError(`The folder of photos ${folder} cannot be read.`, { cause });
  });
  const photos = names.filter((name) => photoFileName.test(name)).sort();
  if (photos.length === 0) throw new TrainingError(`There is no photo in ${folder}.`);
  return photos;
}
