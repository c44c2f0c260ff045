// Which photos the paths on the command line mean.
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { photoFileName } from '@caption-queue/imaging/sniff-format';
import { listFiles } from '@caption-queue/runtime/list-files';

/**
 * Files as they are, whatever they are called; of folders all that have a photo's name, sorted, links left out. A path that does not exist is
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

function photosIn(folder: string): string[] {
  return listFiles(folder)
    .filter((file) => photoFileName.test(file))
    .map((file) => join(folder, file))
    .sort();
}
