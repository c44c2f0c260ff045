// The files in test/fixtures/keras, which a real Keras made, and what entered its models there.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { FEATURE_SIZE, GRID_CELLS, IMAGE_SIZE, PIXELS_BYTES } from '@caption-queue/contract/bundle';
import { repository } from '../repository.ts';

const fixtures = join(repository, 'test/fixtures/keras');

/** Puts all of them into `folder`, uncompressed. */
export async function unpackKerasFixtures(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(fixtures)) {
    const bytes = await readFile(join(fixtures, name));
    const isPacked = name.endsWith('.gz');
    await writeFile(
      join(folder, isPacked ? name.slice(0, -'.gz'.length) : name),
      isPacked ? gunzipSync(bytes) : bytes,
    );
  }
}

export interface ExpectedCaptions {
  wordIndex: Record<string, number>;
  /** Of each photo what Keras says greedily, and the log-probabilities of all its ids before each word. */
  photos: { caption: string; logProbs: number[][] }[];
}

export interface ExpectedFeatures {
  /** Every eighth number of the pooled features, of the cell (3, 5), and of the classes' probabilities. */
  pooled: number[];
  cell: number[];
  predictions?: number[];
}

export async function readExpected<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(join(fixtures, `${name}.expected.json`), 'utf8')) as T;
}

/** A grid whose mean is what `features_of(photo)` in make_fixtures.py gives. */
export function gridOfPhoto(photo: number): Float32Array {
  const grid = new Float32Array(GRID_CELLS * FEATURE_SIZE);
  for (let i = 0; i < grid.length; i++) {
    const feature = i % FEATURE_SIZE;
    if (feature % 32 === 0) grid[i] = ((((feature / 32) * (photo + 3) * 29) % 64) + 1) / 32;
  }
  return grid;
}

/** As `pixels()` in make_fixtures.py. */
export function patternPixels(): Uint8Array {
  return Uint8Array.from({ length: PIXELS_BYTES }, (_, i) => {
    const channel = i % 3;
    const column = Math.floor(i / 3) % IMAGE_SIZE;
    const row = Math.floor(i / (3 * IMAGE_SIZE));
    return (Math.floor((row * row) / 97) + column * (channel + 2) + 60 * channel) % 256;
  });
}
