// As many different pictures as a test wants, cut out of the fixture photos.
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { createRandom } from '../numbers/random.ts';
import { repository } from '../repository.ts';

const folder = path.join(repository, 'test/fixtures/photos');

export async function readPhoto(name: string): Promise<Uint8Array> {
  return readFile(path.join(folder, name));
}

/** Random crops of at least 60 % of each side, as JPEG, alternating between the photos. */
export async function variedPhotos(count: number, seed = 1): Promise<Uint8Array[]> {
  const random = createRandom(seed);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.jpg')).sort();
  const photos = await Promise.all(names.map(readPhoto));
  return Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const photo = sharp(photos[i % photos.length]);
      const { width, height } = await photo.metadata();
      const share = () => 0.6 + 0.4 * random();
      const [cropWidth, cropHeight] = [Math.floor(width * share()), Math.floor(height * share())];
      return photo
        .extract({
          left: Math.floor(random() * (width - cropWidth)),
          top: Math.floor(random() * (height - cropHeight)),
          width: cropWidth,
          height: cropHeight,
        })
        .jpeg()
        .toBuffer();
    }),
  );
}
