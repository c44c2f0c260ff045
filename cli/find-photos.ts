// Which photos the paths on the command line mean.
import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** In a folder only these are photos; a file that is named is tried whatever it is called. */
const photoExtensions = new Set(['.jpg', '.jpeg', '.png', '.webp', '.gif', '.avif']);

/**
 * Files as they are, folders with all that is in them, sorted by name. A path that does not exist is
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
    .filter((entry) => entry.isFile() && photoExtensions.has(extname(entry.name).toLowerCase()))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
