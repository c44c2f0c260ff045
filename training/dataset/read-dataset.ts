// Reads a data set of any layout, checks that its captions and photos belong together, and splits it.
import { createHash } from 'node:crypto';
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { OptionDescription } from '../command-line/command.ts';
import { TrainingError } from '../failure.ts';
import { cocoLayout } from './coco.ts';
import { csvLayout } from './csv.ts';
import { flickr8kLayout } from './flickr8k.ts';
import { type ListedPhoto, type PhotoList, someOf } from './layout.ts';
import type { CaptionDataset, CaptionedPhoto } from './photo-captions.ts';

export const dataOption: Record<'data', OptionDescription> = {
  data: {
    description:
      "Folder of the data set, in the layout of Flickr8k or of COCO's captions, or photos with a captions.csv.",
    value: 'FOLDER',
  },
};

const layouts = [flickr8kLayout, cocoLayout, csvLayout];

/** Of a data set without splits, the share of photos that is kept for scoring. */
const DEV_SHARE = 0.1;
/** CIDEr-D weighs n-grams by how many photos have them: with a single photo it is always 0. */
const FEWEST_DEV_PHOTOS = 2;
const FEWEST_PHOTOS = FEWEST_DEV_PHOTOS + 1;

/**
 * Recognises the layout (Flickr8k's, COCO's captions, or photos with a CSV) by the files in the folder. A data
 * set without splits gets one from a hash of the file names: the same photos are dev whenever it is read, and
 * few change sides when photos are added.
 * @throws TrainingError that names what is missing, damaged or contradictory
 */
export async function readDataset(folder: string): Promise<CaptionDataset> {
  const root = path.resolve(folder);
  const names = await readdir(root).catch((cause) => {
    throw new TrainingError(
      `${folder} is not a folder that can be read; --data names the data set's folder.`,
      {
        cause,
      },
    );
  });
  for (const layout of layouts) {
    const list = await layout.read(root, names);
    if (!list) continue;
    await checkPhotos(list);
    const { imageFolder, uncaptioned = [] } = list;
    return { imageFolder, uncaptioned, ...splitPhotos(list.photos, folder) };
  }
  throw new TrainingError(
    `${folder} has none of the layouts that are known: ${layouts.map(({ description }) => description).join('; ')}.`,
  );
}

async function checkPhotos({ imageFolder, photos }: PhotoList): Promise<void> {
  const refuse = (bad: ListedPhoto[], problem: string) => {
    if (bad.length === 0) return;
    throw new TrainingError(
      `${bad.length} of ${photos.length} photos ${problem}: ${someOf(bad.map(({ file }) => file))}.`,
    );
  };
  refuse(
    photos.filter(({ file }) => leavesFolder(file)),
    `have a path that leaves ${imageFolder}`,
  );
  const seen = new Set<string>();
  refuse(
    photos.filter(({ file }) => seen.size === seen.add(file).size),
    'are named twice',
  );
  refuse(
    photos.filter(({ captions }) => captions.length === 0),
    'have no caption',
  );
  const found = await Promise.all(
    photos.map(({ file }) => stat(path.join(imageFolder, file)).catch(() => undefined)),
  );
  refuse(
    photos.filter((_, index) => !found[index]?.isFile()),
    `are missing in ${imageFolder}`,
  );
}

function leavesFolder(file: string): boolean {
  return path.isAbsolute(file) || path.normalize(file).split(path.sep)[0] === '..';
}

function splitPhotos(
  photos: ListedPhoto[],
  folder: string,
): Record<'train' | 'dev', CaptionedPhoto[]> {
  if (photos.every(({ split }) => split === undefined)) return splitByName(photos, folder);
  const of = (wanted: string) => photos.filter(({ split }) => split === wanted).map(withoutSplit);
  const [train, dev] = [of('train'), of('dev')];
  if (train.length > 0 && dev.length > 0) return { train, dev };
  throw new TrainingError(
    `${folder} has ${train.length} train and ${dev.length} dev photos, both are needed. Without any splits some photos are chosen for dev.`,
  );
}

function splitByName(
  photos: ListedPhoto[],
  folder: string,
): Record<'train' | 'dev', CaptionedPhoto[]> {
  if (photos.length < FEWEST_PHOTOS) {
    throw new TrainingError(
      `${folder} has ${photos.length} photos; ${FEWEST_PHOTOS} are the fewest.`,
    );
  }
  const hash = ({ file }: ListedPhoto) => createHash('sha256').update(file).digest('hex');
  const byHash = photos.map((photo) => ({ photo, key: hash(photo) }));
  byHash.sort((a, b) => (a.key < b.key ? -1 : 1));
  const count = Math.max(FEWEST_DEV_PHOTOS, Math.round(photos.length * DEV_SHARE));
  const chosen = new Set(byHash.slice(0, count).map(({ photo }) => photo));
  return {
    train: photos.filter((photo) => !chosen.has(photo)).map(withoutSplit),
    dev: photos.filter((photo) => chosen.has(photo)).map(withoutSplit),
  };
}

function withoutSplit({ file, captions }: ListedPhoto): CaptionedPhoto {
  return { file, captions };
}
