// Which photos the paths on the command line mean.
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { photoFileName } from '@caption-queue/imaging/sniff-format';

/**
 * Files as they are, whatever they are called; of folders all that have a photo's name, sorted. A path that does not exist is
 * kept: it fails later, alone, as any photo that can't be read.
 */
export async function findPhotos(paths: string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const isFolder = await stat(path).then(
        (info) => info.isDirectory(),
        () => false,
      );
      return isFolder ? photosIn(path) : [path];
    }),
  );
  return found.flat();
}

async function photosIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && photoFileName.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
