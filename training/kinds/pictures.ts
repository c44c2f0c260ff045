// All pictures that kinds are learned from and measured on.
import path from 'node:path';
import { photoFileName } from '@caption-queue/imaging/sniff-format';
import { listFiles } from '@caption-queue/runtime/list-files';
import { readDataset } from '../dataset/read-dataset.ts';
import { TrainingError } from '../failure.ts';
import { type KnownPicture, readGraphics } from './graphics.ts';

export interface KindSources {
  /** Folder with graphics.csv. */
  graphics: string;
  /** Captioned photos: its train split is learned from, its dev split is held out. */
  data: string | undefined;
  /** Folders of photos, with those below them. */
  photos: readonly string[];
  heldOutPhotos: readonly string[];
}

export async function listPictures({
  graphics,
  data,
  photos,
  heldOutPhotos,
}: KindSources): Promise<KnownPicture[]> {
  return [
    ...(await readGraphics(graphics)),
    ...(data ? await dataPhotos(data) : []),
    ...photos.flatMap((folder) => photosBelow(folder, 'train')),
    ...heldOutPhotos.flatMap((folder) => photosBelow(folder, 'held-out')),
  ];
}

async function dataPhotos(folder: string): Promise<KnownPicture[]> {
  const { train, dev, imageFolder } = await readDataset(folder);
  const source = path.basename(path.resolve(folder));
  const known = (split: KnownPicture['split'], photos: readonly { file: string }[]) =>
    photos.map(({ file }) => ({
      file: path.join(imageFolder, file),
      kind: 'photo' as const,
      source,
      split,
    }));
  return [...known('train', train), ...known('held-out', dev)];
}

function photosBelow(folder: string, split: KnownPicture['split']): KnownPicture[] {
  const files = listFiles(folder).filter((file) => photoFileName.test(file));
  if (files.length === 0) throw new TrainingError(`There is no photo in ${folder}.`);
  const source = path.basename(path.resolve(folder));
  return files.map((file) => ({ file: path.join(folder, file), kind: 'photo', source, split }));
}
