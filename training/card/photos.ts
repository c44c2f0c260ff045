// Captions of a folder of photos as a table of the card, with small copies of the photos.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CaptionOutput } from '@caption-queue/contract/caption';
import type { Bundle } from '@caption-queue/model/bundle';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import sharp from 'sharp';
import { captionSplit } from '../evaluation/caption-split.ts';
import { listPhotos } from '../list-photos.ts';
import { encodeJpeg, loadThumbnail } from '../plots/thumbnail.ts';
import { image, markdownTable } from './markdown.ts';

const THUMBNAIL_HEIGHT = 120;

/**
 * @param folder of the photos
 * @param copySide also caption a copy of each with so many pixels a side, as small as the training photos were
 * @param cardFolder where the small copies that are shown go; their names in the table are relative to its parent
 * @throws TrainingError when there is no photo
 */
export async function photosSection({
  bundle,
  folder,
  copySide,
  cardFolder,
}: {
  bundle: Bundle;
  folder: string;
  copySide: number | undefined;
  cardFolder: string;
}): Promise<string> {
  const files = await listPhotos(folder);
  const captions = await captionAll(bundle, folder, files);
  const ofCopies = copySide ? await captionCopies({ bundle, folder, files, copySide }) : undefined;
  const rows: string[][] = [];
  for (const [index, file] of files.entries()) {
    const shown = `${path.parse(file).name}.jpg`;
    const thumbnail = await loadThumbnail(path.join(folder, file), THUMBNAIL_HEIGHT);
    await writeFile(path.join(cardFolder, shown), await encodeJpeg(thumbnail));
    const { caption, confidence, alt_text } = captions[index] as CaptionOutput;
    rows.push([
      image(file, `${path.basename(cardFolder)}/${encodeURIComponent(shown)}`),
      caption,
      ...(confidence === null ? [] : [confidence.toFixed(2), alt_text ?? '–']),
      ...(ofCopies ? [ofCopies[index]?.caption as string] : []),
    ]);
  }
  const isCalibrated = captions.every(({ confidence }) => confidence !== null);
  const header = [
    'photo',
    'caption',
    ...(isCalibrated ? ['confidence', 'alt text'] : []),
    ...(ofCopies ? [`caption of a ${copySide} × ${copySide} copy`] : []),
  ];
  return markdownTable(header, rows);
}

async function captionAll(
  bundle: Bundle,
  folder: string,
  files: string[],
): Promise<CaptionOutput[]> {
  const { captions } = await captionSplit({
    engine: await createEngine('onnx', { threads: 1 }),
    bundle,
    photos: files.map((file) => ({ file, captions: [] })),
    imageFolder: folder,
    generation: bundle.manifest.generation,
  });
  return captions.map(({ output }) => output);
}

async function captionCopies({
  bundle,
  folder,
  files,
  copySide,
}: {
  bundle: Bundle;
  folder: string;
  files: string[];
  copySide: number;
}): Promise<CaptionOutput[]> {
  const copies = await mkdtemp(path.join(tmpdir(), 'card-'));
  try {
    for (const file of files) {
      const photo = sharp(await readFile(path.join(folder, file))).autoOrient();
      const copy = photo.resize(copySide, copySide, { fit: 'fill' }).jpeg({ quality: 95 });
      await writeFile(path.join(copies, file), await copy.toBuffer());
    }
    return await captionAll(bundle, copies, files);
  } finally {
    await rm(copies, { recursive: true });
  }
}
