// The tiny data set in the other layouts that the training reads, with the same photos and captions.
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readDataset } from '@caption-queue/training/dataset/read-dataset';
import { repository } from '../repository.ts';

export const tinyDataset = join(repository, 'test/fixtures/tiny-dataset');

/** Photos, and a captions.csv beside them that names splits only if asked to. */
export async function writeCsvDataset(
  folder: string,
  { splits = false }: { splits?: boolean } = {},
): Promise<void> {
  const { train, dev } = await readDataset(tinyDataset);
  await cp(join(tinyDataset, 'images'), folder, { recursive: true });
  const rows = Object.entries({ train, dev }).flatMap(([split, photos]) =>
    photos.flatMap(({ file, captions }) =>
      captions.map((caption) => [file, caption, ...(splits ? [split] : [])]),
    ),
  );
  const header = ['file', 'caption', ...(splits ? ['split'] : [])];
  await writeFile(
    join(folder, 'captions.csv'),
    [header, ...rows].map((cells) => `${cells.join(',')}\n`).join(''),
  );
}

/** As COCO's archives unpack: annotations/, train2017/ and val2017/. */
export async function writeCocoDataset(folder: string): Promise<void> {
  const { train, dev } = await readDataset(tinyDataset);
  await mkdir(join(folder, 'annotations'), { recursive: true });
  for (const [split, photos] of Object.entries({ train, val: dev })) {
    for (const { file } of photos) {
      await cp(join(tinyDataset, 'images', file), join(folder, `${split}2017`, file));
    }
    await writeFile(
      join(folder, 'annotations', `captions_${split}2017.json`),
      JSON.stringify({
        images: photos.map(({ file }, id) => ({ id, file_name: file, width: 224 })),
        annotations: photos.flatMap(({ captions }, image_id) =>
          captions.map((caption, id) => ({ id, image_id, caption })),
        ),
      }),
    );
  }
}
