// The photos of a folder, as an encoder sees them.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { TrainingError } from '../failure.ts';

const photoExtensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.avif']);

/**
 * @param count the first so many in alphabetical order
 * @returns pixels, 299 × 299 × 3 each
 * @throws TrainingError when there is none, or one is damaged
 */
export async function readPhotos(folder: string, count: number): Promise<Uint8Array[]> {
  const entries = await readdir(folder).catch((cause) => {
    throw new TrainingError(`The folder of photos ${folder} cannot be read.`, { cause });
  });
  const names = entries
    .filter((name) => photoExtensions.has(path.extname(name).toLowerCase()))
    .sort()
    .slice(0, count);
  if (names.length === 0) throw new TrainingError(`There is no photo in ${folder}.`);
  return Promise.all(
    names.map(async (name) => {
      const file = path.join(folder, name);
      try {
        return (await normaliseImage(await readFile(file))).pixels;
      } catch (cause) {
        throw new TrainingError(`${file} cannot be used: ${(cause as Error).message}`, { cause });
      }
    }),
  );
}
