// Encoder features of a data set on disk: one flat file of float16 values, read by position, and an index.
//   features.f16   a record for each photo (and each mirror image), little-endian float16, one after the other:
//                  the layer's grid [64, channels] and, of an inner layer, also the encoder's pooled output [2048]
//   index.json     which photos they are, in order, and what they were made with
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import { TrainingError } from '../failure.ts';

export const FEATURE_FORMAT_VERSION = 2;
const VALUE_BYTES = 2;

export interface FeatureIndex {
  formatVersion: number;
  /** Of the encoder graph that made them. */
  graphHash: string;
  precision: string;
  /** Whose output the grids are. */
  layer: string;
  /** Of a grid's cell. */
  channels: number;
  /** Whether the encoder's pooled output follows each grid. */
  pooled: boolean;
  /** PREPROCESSING_VERSION of the pixels that entered. */
  preprocessing: string;
  /** With `true` every photo is followed by its mirror image. */
  flipped: boolean;
  /** Photos in the order of their grids. */
  files: string[];
}

export const valuesPath = (folder: string) => path.join(folder, 'features.f16');
export const indexPath = (folder: string) => path.join(folder, 'index.json');

/** Records that belong to one photo. */
const variantsOf = (index: FeatureIndex) => (index.flipped ? 2 : 1);
/** Values of one grid. */
export const gridValuesOf = (index: Pick<FeatureIndex, 'channels'>) => GRID_CELLS * index.channels;
const recordBytesOf = (index: FeatureIndex) =>
  (gridValuesOf(index) + (index.pooled ? FEATURE_SIZE : 0)) * VALUE_BYTES;
/** All records of one photo. */
export const photoBytesOf = (index: FeatureIndex) => variantsOf(index) * recordBytesOf(index);

export interface FeatureRequest {
  file: string;
  /** The mirrored photo's; the photo's own where there is no mirror image. */
  flipped: boolean;
  target: Uint16Array;
  /** Where in `target` to begin, in values. */
  offset: number;
}

export interface FeatureFile {
  readonly index: FeatureIndex;
  has(file: string): boolean;
  /** Copies a photo's grid as float16 bits. @throws TrainingError for a photo that is not in the file */
  readGrid(request: FeatureRequest): void;
  /** Copies the encoder's pooled output, `[2048]`. Only where the index says that it is there. */
  readPooled(request: FeatureRequest): void;
  close(): void;
}

/**
 * @param files photos that have to be in it
 * @throws TrainingError when there is none, or it is incomplete
 */
export async function openFeatureFile(
  folder: string,
  files: readonly string[] = [],
): Promise<FeatureFile> {
  const index = await readIndex(folder);
  if (!index) {
    throw new TrainingError(
      `${folder} has no features; make them with \`npm run train -- features\`.`,
    );
  }
  const positions = new Map(index.files.map((file, position) => [file, position]));
  const missing = files.filter((file) => !positions.has(file));
  if (missing.length > 0) {
    throw new TrainingError(
      `${missing.length} photos have no features, ${missing[0]} first; run \`npm run train -- features\` again.`,
    );
  }
  const descriptor = openSync(valuesPath(folder), 'r');
  const wanted = index.files.length * photoBytesOf(index);
  const { size } = fstatSync(descriptor);
  if (size !== wanted) {
    closeSync(descriptor);
    throw new TrainingError(
      `The features in ${folder} are ${size} bytes, ${wanted} belong there; run \`npm run train -- features\` again to complete them.`,
    );
  }
  const gridValues = gridValuesOf(index);
  /** Copies `count` values from place `from` of a photo's record. */
  const copy = (request: FeatureRequest, from: number, count: number) => {
    const { file, flipped, target, offset } = request;
    const position = positions.get(file);
    if (position === undefined) {
      throw new TrainingError(
        `${folder} has no features of ${file}; run \`npm run train -- features\` again.`,
      );
    }
    const record = position * variantsOf(index) + Number(flipped && index.flipped);
    const bytes = new Uint8Array(
      target.buffer,
      target.byteOffset + offset * VALUE_BYTES,
      count * VALUE_BYTES,
    );
    readSync(descriptor, bytes, {
      position: record * recordBytesOf(index) + from * VALUE_BYTES,
    });
  };
  return {
    index,
    has: (file) => positions.has(file),
    readGrid: (request) => copy(request, 0, gridValues),
    readPooled: (request) => copy(request, gridValues, FEATURE_SIZE),
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
