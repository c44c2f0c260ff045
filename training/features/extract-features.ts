// Runs the encoder once over all photos of a data set and writes their grids to a feature file.
import { mkdir, open, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { IMAGE_SIZE, PREPROCESSING_VERSION } from '@caption-queue/contract/bundle';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { TrainingError } from '../failure.ts';
import {
  FEATURE_FORMAT_VERSION,
  type FeatureIndex,
  gridValuesOf,
  indexPath,
  photoBytesOf,
  readIndex,
  valuesPath,
} from './feature-file.ts';
import type { PhotoEncoder, PhotoFeatures } from './photo-encoder.ts';

export interface ExtractionOptions {
  encoder: PhotoEncoder;
  imageFolder: string;
  /** File names in `imageFolder`. */
  files: string[];
  /** Where the feature file lies or is begun. */
  folder: string;
  /** Also encode each photo mirrored. */
  flipped: boolean;
  signal?: AbortSignal;
  /** @param done photos that are in the file @param doneBefore of these, from an earlier run */
  onProgress?: (done: number, doneBefore: number) => void;
}

/**
 * Encodes what is not yet in the file. Interrupted by `signal` or killed, it goes on from there the next
 * time; what is written stays.
 * @returns how many photos are in the file now
 * @throws TrainingError for a damaged photo, or when the file was begun with other photos or encoder
 */
export async function extractFeatures(options: ExtractionOptions): Promise<number> {
  const { encoder, imageFolder, files, folder, flipped, signal, onProgress } = options;
  const index: FeatureIndex = {
    formatVersion: FEATURE_FORMAT_VERSION,
    graphHash: encoder.graphHash,
    precision: encoder.precision,
    layer: encoder.layer,
    channels: encoder.channels,
    pooled: encoder.hasPooled,
    preprocessing: PREPROCESSING_VERSION,
    flipped,
    files,
  };
  const doneBefore = await beginOrResume(folder, index);
  let done = doneBefore;
  onProgress?.(done, doneBefore);
  const load = (position: number) => loadPixels(imageFolder, files[position]);
  const output = await open(valuesPath(folder), 'a');
  try {
    // One photo is decoded while the one before it is encoded.
    let upcoming = load(done);
    while (done < files.length && !signal?.aborted) {
      const pixels = (await upcoming) as Uint8Array;
      upcoming = load(done + 1);
      // Awaited in the next round; this keeps a failure from being reported as unhandled until then.
      upcoming.catch(() => {});
      await writeFeatures(output, index, await encoder.encode(pixels));
      if (flipped) await writeFeatures(output, index, await encoder.encode(mirrored(pixels)));
      done++;
      onProgress?.(done, doneBefore);
    }
  } finally {
    await output.close();
  }
  return done;
}

/** @returns how many photos an earlier run completed; a record it left half-written is cut off. */
async function beginOrResume(folder: string, index: FeatureIndex): Promise<number> {
  const recordBytes = photoBytesOf(index);
  const before = await readIndex(folder);
  if (before) {
    if (JSON.stringify(before) !== JSON.stringify(index)) {
      throw new TrainingError(
        `${folder} holds features of other photos or of another encoder; delete it or choose another --run.`,
      );
    }
    const size = await stat(valuesPath(folder)).then(
      (found) => found.size,
      () => 0,
    );
    const done = Math.floor(size / recordBytes);
    if (size > done * recordBytes) await truncate(valuesPath(folder), done * recordBytes);
    return done;
  }
  await mkdir(folder, { recursive: true });
  await writeFile(valuesPath(folder), '');
  await writeFile(indexPath(folder), JSON.stringify(index));
  return 0;
}

async function loadPixels(
  imageFolder: string,
  file: string | undefined,
): Promise<Uint8Array | undefined> {
  if (file === undefined) return undefined;
  try {
    return (await normaliseImage(await readFile(path.join(imageFolder, file)))).pixels;
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TrainingError(`The photo ${path.join(imageFolder, file)} cannot be used: ${reason}`, {
      cause,
    });
  }
}

async function writeFeatures(
  output: Awaited<ReturnType<typeof open>>,
  index: FeatureIndex,
  { grid, pooled }: PhotoFeatures,
): Promise<void> {
  if (grid.length !== gridValuesOf(index)) {
    throw new RangeError(`The encoder gave ${grid.length} values, not ${gridValuesOf(index)}.`);
  }
  for (const values of index.pooled && pooled ? [grid, pooled] : [grid]) {
    await output.write(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
  }
}

/** The picture with left and right exchanged. */
export function mirrored(pixels: Uint8Array): Uint8Array {
  const result = new Uint8Array(pixels.length);
  const rowBytes = IMAGE_SIZE * 3;
  for (let row = 0; row < pixels.length; row += rowBytes) {
    for (let column = 0; column < IMAGE_SIZE; column++) {
      const from = row + column * 3;
      result.set(pixels.subarray(from, from + 3), row + rowBytes - 3 - column * 3);
    }
  }
  return result;
}
