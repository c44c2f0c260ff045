// The first photos of a folder, as an encoder sees them.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { TrainingError } from '../failure.ts';
import { listPhotos } from '../list-photos.ts';

/**
 * @param count the first so many in alphabetical order
 * @returns pixels, 299 × 299 × 3 each
 * @throws TrainingError when there is none, or one is damaged
 */
export async function readPhotos(folder: string, count: number): Promise<Uint8Array[]> {
  const names = (await listPhotos(folder)).slice(0, count);
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
