// Photos of the Flickr8k data set, where FLICKR8K_DIR points to it: they never go into this project.
import { readFile } from 'node:fs/promises';
import path from 'node:path';

const folder = process.env.FLICKR8K_DIR;

/** Says loudly when it is not there. */
export const flickr8kIsAvailable = folder !== undefined;
if (!flickr8kIsAvailable) {
  console.warn('SKIPPED: tests on photos of Flickr8k. Set FLICKR8K_DIR to the data set.');
}

/** Files of the first `count` photos that no model was trained on. */
export async function devPhotoFiles(count: number): Promise<string[]> {
  if (folder === undefined) throw new Error('FLICKR8K_DIR is not set.');
  const names = await readFile(path.join(folder, 'Flickr_8k.devImages.txt'), 'utf8');
  const root = folder;
  return names
    .trim()
    .split('\n')
    .slice(0, count)
    .map((name) => path.join(root, 'images', name.trim()));
}
