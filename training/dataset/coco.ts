// Reads COCO's captions (https://cocodataset.org/#format-data): a JSON file for each split, and folders of photos.
//   captions_train2017.json, captions_val2017.json   in the folder or in annotations/; val becomes dev
//   train2017/, val2017/                             the photos, in the folder or in images/
// The year is any text, or absent. Without captions_val a part of the photos becomes dev.
import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import Type from 'typebox';
import Value from 'typebox/value';
import { TrainingError } from '../failure.ts';
import { type Layout, type ListedPhoto, readText } from './layout.ts';
import type { Split } from './photo-captions.ts';

const Id = Type.Union([Type.Number(), Type.String()]);
const CaptionFile = Type.Object({
  images: Type.Array(Type.Object({ id: Id, file_name: Type.String({ minLength: 1 }) })),
  annotations: Type.Array(Type.Object({ image_id: Id, caption: Type.String() })),
});
type CaptionFile = Type.Static<typeof CaptionFile>;

const cocoSplits: Record<Split, string> = { train: 'train', dev: 'val' };

export const cocoLayout: Layout = {
  description:
    "COCO's (captions_train2017.json and captions_val2017.json, with the photos in train2017/ and val2017/)",
  async read(folder, names) {
    const places = names.includes('annotations')
      ? [folder, path.join(folder, 'annotations')]
      : [folder];
    const train = await findJson(places, cocoSplits.train);
    const dev = await findJson(places, cocoSplits.dev);
    if (!train && !dev) return undefined;
    if (!train)
      throw new TrainingError(
        `${folder} has ${path.basename(dev as string)}, but no captions_train….json.`,
      );
    const photos = await readSplit({ folder, json: train, split: dev ? 'train' : undefined });
    if (dev) photos.push(...(await readSplit({ folder, json: dev, split: 'dev' })));
    return { imageFolder: folder, photos };
  },
};

/** The one `captions_<split>….json` in the places. */
async function findJson(places: string[], split: string): Promise<string | undefined> {
  const found: string[] = [];
  for (const place of places) {
    for (const name of await readdir(place)) {
      if (name.startsWith(`captions_${split}`) && name.endsWith('.json')) {
        found.push(path.join(place, name));
      }
    }
  }
  if (found.length > 1) {
    throw new TrainingError(
      `There are several captions_${split}….json: ${found.join(', ')}. Leave one.`,
    );
  }
  return found[0];
}

async function readSplit({
  folder,
  json,
  split,
}: {
  folder: string;
  json: string;
  split: Split | undefined;
}): Promise<ListedPhoto[]> {
  const { images, annotations } = await readCaptionFile(json);
  const imageFolder = await findImageFolder(folder, json);
  const byId = new Map<number | string, ListedPhoto>();
  for (const { id, file_name } of images) {
    if (byId.has(id)) throw new TrainingError(`${json} has two images with the id ${id}.`);
    byId.set(id, { file: path.posix.join(imageFolder, file_name), captions: [], split });
  }
  for (const { image_id, caption } of annotations) {
    const photo = byId.get(image_id);
    if (!photo) {
      throw new TrainingError(
        `${json} has a caption for image ${image_id}, which is not among its images.`,
      );
    }
    photo.captions.push(caption);
  }
  return [...byId.values()];
}

async function readCaptionFile(json: string): Promise<CaptionFile> {
  const text = await readText(json);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new TrainingError(`${json} is not JSON; it may be cut off.`, { cause });
  }
  if (Value.Check(CaptionFile, value)) return value;
  const [first] = Value.Errors(CaptionFile, value);
  throw new TrainingError(
    `${json}${first?.instancePath} ${first?.message}; COCO's captions have images and annotations.`,
  );
}

/** Relative to `folder`: the folder named as the JSON file is, here or in images/, else images/. */
async function findImageFolder(folder: string, json: string): Promise<string> {
  const name = path.basename(json, '.json').replace(/^captions_/, '');
  const candidates = [name, `images/${name}`, 'images'];
  for (const candidate of candidates) {
    const found = await stat(path.join(folder, candidate)).catch(() => undefined);
    if (found?.isDirectory()) return candidate;
  }
  throw new TrainingError(
    `The photos of ${json} must be in ${candidates.join(' or ')} of ${folder}.`,
  );
}
