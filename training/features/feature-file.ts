// Encoder features of a data set on disk: one flat file of float16 grids, read by position, and an index.
//   features.f16   grids [64, 2048], little-endian float16, one after the other (262,144 bytes each)
//   index.json     which photos they are, in order, and what they were made with
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FEATURE_SIZE, FEATURES_BYTES, GRID_CELLS } from '@caption-queue/contract/bundle';
import { TrainingError } from '../failure.ts';

export const FEATURE_FORMAT_VERSION = 1;
/** Values of one grid. */
export const GRID_VALUES = GRID_CELLS * FEATURE_SIZE;

export interface FeatureIndex {
  formatVersion: number;
  /** Of the encoder graph that made them. */
  graphHash: string;
  precision: string;
  /** PREPROCESSING_VERSION of the pixels that entered. */
  preprocessing: string;
  /** With `true` every photo is followed by its mirror image. */
  flipped: boolean;
  /** Photos in the order of their grids. */
  files: string[];
}

export const gridsPath = (folder: string) => path.join(folder, 'features.f16');
export const indexPath = (folder: string) => path.join(folder, 'index.json');

/** Grids that belong to one photo. */
export const variantsOf = (index: FeatureIndex) => (index.flipped ? 2 : 1);

export interface FeatureFile {
  readonly index: FeatureIndex;
  has(file: string): boolean;
  /**
   * Copies a photo's grid as float16 bits into `target`, at `offset` values.
   * @param flipped the mirrored photo's grid
   * @throws TrainingError for a photo that is not in the file
   */
  read(request: { file: string; flipped: boolean; target: Uint16Array; offset: number }): void;
  close(): void;
}

/** @throws TrainingError when there is none, or it is incomplete */
export async function openFeatureFile(folder: string): Promise<FeatureFile> {
  const index = await readIndex(folder);
  if (!index) {
    throw new TrainingError(
      `${folder} has no features; make them with \`npm run train -- features\`.`,
    );
  }
  const variants = variantsOf(index);
  const descriptor = openSync(gridsPath(folder), 'r');
  const wanted = index.files.length * variants * FEATURES_BYTES;
  const { size } = fstatSync(descriptor);
  if (size !== wanted) {
    closeSync(descriptor);
    throw new TrainingError(
      `The features in ${folder} are ${size} bytes, ${wanted} belong there; run \`npm run train -- features\` again to complete them.`,
    );
  }
  const positions = new Map(index.files.map((file, position) => [file, position]));
  return {
    index,
    has: (file) => positions.has(file),
    read({ file, flipped, target, offset }) {
      const position = positions.get(file);
      if (position === undefined) {
        throw new TrainingError(
          `${folder} has no features of ${file}; run \`npm run train -- features\` again.`,
        );
      }
      const record = position * variants + (flipped && index.flipped ? 1 : 0);
      const bytes = new Uint8Array(target.buffer, target.byteOffset + offset * 2, FEATURES_BYTES);
      readSync(descriptor, bytes, { position: record * FEATURES_BYTES });
    },
    close: () => closeSync(descriptor),
  };
}

/** The index of a folder of features, or `undefined` when there is none. */
export async function readIndex(folder: string): Promise<FeatureIndex | undefined> {
  const text = await readFile(indexPath(folder), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const index = JSON.parse(text) as FeatureIndex;
  if (index.formatVersion !== FEATURE_FORMAT_VERSION) {
    throw new TrainingError(
      `${indexPath(folder)} has a format this version cannot read; delete the folder.`,
    );
  }
  return index;
}
