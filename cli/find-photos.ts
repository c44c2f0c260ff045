// Which photos the paths on the command line mean.
import { stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { photoFileName } from '@caption-queue/imaging/sniff-format';
import { listFiles } from '@caption-queue/runtime/list-files';
import { sniffFile } from './sniff-file.ts';

export interface FoundPhotos {
  photos: string[];
  /** How many pictures of the folders are left out, by what they are: formats that are not read. */
  leftOut: Map<string, number>;
}

/** macOS puts a file of notes beside each file on foreign disks, of the same name. */
const NOTES_PREFIX = '._';

/**
 * Files as they are, whatever they are called; of folders all that are photos by their first bytes or called so, sorted,
 * links left out. A path that does not exist is kept: it fails later, alone, as any photo that can't be read.
 */
export async function findPhotos(paths: string[]): Promise<FoundPhotos> {
  const found: FoundPhotos = { photos: [], leftOut: new Map() };
  for (const path of paths) {
    const isFolder = await stat(path).then(
      (info) => info.isDirectory(),
      () => false,
    );
    if (isFolder) await addPhotosIn(path, found);
    else found.photos.push(path);
  }
  return found;
}

async function addPhotosIn(folder: string, { photos, leftOut }: FoundPhotos): Promise<void> {
  for (const name of listFiles(folder).sort()) {
    if (basename(name).startsWith(NOTES_PREFIX)) continue;
    const file = join(folder, name);
    // What is called a photo and is none fails by name, instead of being passed over in silence.
    if (photoFileName.test(name)) {
      photos.push(file);
      continue;
    }
    const { mediaType, unread } = await sniffFile(file).catch(() => NOTHING);
    if (mediaType !== undefined) photos.push(file);
    else if (unread?.isPicture) leftOut.set(unread.name, (leftOut.get(unread.name) ?? 0) + 1);
  }
}

const NOTHING = { mediaType: undefined, unread: undefined };
