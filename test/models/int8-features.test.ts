// The int8 encoder of the shipped bundle sees what the fp32 one sees, on photos of the kind it was made for.
import { readFile } from 'node:fs/promises';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { DEFAULT_BUNDLE, loadBundle } from '@caption-queue/model/bundle';
import { cosine, createEncoder, pooledOf } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { unpackGrid } from '@caption-queue/model/features';
import { expect, it } from 'vitest';
import { devPhotoFiles, flickr8kIsAvailable } from '../support/pictures/flickr8k.ts';

const PHOTOS = 100;
const LEAST_MEAN_COSINE = 0.995;

it.skipIf(!flickr8kIsAvailable)(
  'pooled int8 features of a hundred photos point where the fp32 ones do',
  async () => {
    const bundle = await loadBundle(DEFAULT_BUNDLE);
    const engine = await createEngine('onnx', { threads: 2 });
    const int8 = await createEncoder({ engine, bundle, precision: 'int8' });
    const fp32 = await createEncoder({ engine, bundle, precision: 'fp32' });
    const cosines: number[] = [];
    for (const file of await devPhotoFiles(PHOTOS)) {
      const { pixels } = await normaliseImage(await readFile(file));
      const [a, b] = [await int8.encode(pixels), await fp32.encode(pixels)];
      cosines.push(cosine(pooledOf(unpackGrid(a)), pooledOf(unpackGrid(b))));
    }
    const mean = cosines.reduce((sum, value) => sum + value, 0) / cosines.length;
    const least = Math.min(...cosines);
    expect(cosines).toHaveLength(PHOTOS);
    expect(mean, `the least is ${least.toFixed(4)}`).toBeGreaterThanOrEqual(LEAST_MEAN_COSINE);
    console.info(
      `int8 beside fp32 on ${PHOTOS} photos: cosine ${mean.toFixed(4)}, least ${least.toFixed(4)}`,
    );
    await Promise.all([int8.dispose(), fp32.dispose()]);
  },
  300_000,
);
