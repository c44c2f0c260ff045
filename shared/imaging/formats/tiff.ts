// TIFF 6.0 and BigTIFF as far as it takes to bound what decoding costs, to know camera raw files, which are TIFF too,
// and to say how many rows are missing. The first picture of a file is the one that counts.

import { checkSize, type ImageLimits } from '../limits.ts';
import { cutOff, notRead } from '../refusals.ts';

const TAG = {
  subfileType: 254,
  width: 256,
  height: 257,
  bitsPerSample: 258,
  compression: 259,
  photometric: 262,
  stripOffsets: 273,
  samplesPerPixel: 277,
  rowsPerStrip: 278,
  stripByteCounts: 279,
  planes: 284,
  tileWidth: 322,
  tileHeight: 323,
  subDirectories: 330,
  dngVersion: 50_706,
} as const;

/** Colours of a sensor before they are a picture. */
const RAW_PHOTOMETRIC = [32_803, 34_892];
const REDUCED = 1;
const SEPARATE_PLANES = 2;
/** Bytes of a value, by its type; others are not asked for. */
const TYPE_BYTES: Partial<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 16: 8 };
/** A real directory has some dozens. */
const MAX_ENTRIES = 4096;
/** RGB of 8 bits and a channel for transparency; deeper pixels get fewer of `maxPixels`. */
const USUAL_PIXEL_BYTES = 4;
/** A tile is decoded as a whole. */
const MAX_PIECE_BYTES = 128 << 20;

const SIGNATURES = ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'];

/** The first values of a directory's entries, by tag. */
type Directory = (tag: number, index?: number) => number | undefined;

const isTiffLike = (bytes: Uint8Array) =>
  SIGNATURES.includes(String.fromCharCode(...bytes.subarray(0, 4)));

export const isTiff = (bytes: Uint8Array) => isTiffLike(bytes) && !isCameraRaw(bytes);

/** Canon, Nikon, Sony, Adobe and others keep the sensor's data in TIFF, with a small picture first. */
export function isCameraRaw(bytes: Uint8Array): boolean {
  if (!isTiffLike(bytes)) return false;
  if (String.fromCharCode(...bytes.subarray(8, 10)) === 'CR') return true;
  const directory = readDirectory(bytes);
  if (directory === undefined) return false;
  return (
    directory(TAG.dngVersion) !== undefined ||
    RAW_PHOTOMETRIC.includes(directory(TAG.photometric) ?? 0) ||
    (directory(TAG.subfileType) === REDUCED && directory(TAG.subDirectories) !== undefined)
  );
}

/**
 * @returns the file as it is
 * @throws {DomainError} `image_too_large`
 */
export function checkTiff(bytes: Uint8Array, limits: ImageLimits): Uint8Array {
  const directory = readDirectory(bytes);
  if (directory === undefined) return bytes;
  const width = directory(TAG.width) ?? 0;
  const height = directory(TAG.height) ?? 0;
  const samples = directory(TAG.samplesPerPixel) ?? 1;
  const pixelBytes = samples * Math.ceil((directory(TAG.bitsPerSample) ?? 1) / 8);
  checkSize({ width, height }, limits, Math.min(1, USUAL_PIXEL_BYTES / pixelBytes));
  const tileWidth = directory(TAG.tileWidth);
  const isSeparate = directory(TAG.planes) === SEPARATE_PLANES;
  // Strips of whole pixels are read line by line.
  const piece =
    tileWidth !== undefined
      ? tileWidth * (directory(TAG.tileHeight) ?? height) * pixelBytes
      : isSeparate
        ? width * Math.min(directory(TAG.rowsPerStrip) ?? height, height) * pixelBytes
        : 0;
  if (piece > MAX_PIECE_BYTES) {
    throw notRead(
      'a TIFF whose pixels come in very large pieces',
      'save it again in strips or tiles, or as JPEG.',
    );
  }
  return bytes;
}

/** @throws {DomainError} `damaged_image` when strips of the picture lie behind the end of the file */
export function explainTiff(bytes: Uint8Array): undefined {
  const directory = readDirectory(bytes);
  const height = directory?.(TAG.height);
  if (directory === undefined || height === undefined) return;
  if (directory(TAG.planes) === SEPARATE_PLANES) return;
  const rowsPerStrip = Math.min(directory(TAG.rowsPerStrip) ?? height, height);
  for (let strip = 0; strip * rowsPerStrip < height; strip += 1) {
    const start = directory(TAG.stripOffsets, strip);
    const size = directory(TAG.stripByteCounts, strip);
    if (rowsPerStrip === 0 || start === undefined || size === undefined) return;
    if (start + size > bytes.length) throw cutOff({ whole: strip * rowsPerStrip, height });
  }
}

/** @returns `undefined` when the file has no whole directory where it should be */
function readDirectory(bytes: Uint8Array): Directory | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = bytes[0] === 0x49;
  const big = (little ? bytes[2] : bytes[3]) === 0x2b;
  const read = (offset: number, size: number): number | undefined => {
    if (offset + size > view.byteLength) return undefined;
    if (size === 8) return Number(view.getBigUint64(offset, little));
    if (size === 4) return view.getUint32(offset, little);
    return size === 2 ? view.getUint16(offset, little) : view.getUint8(offset);
  };
  const wordBytes = big ? 8 : 4;
  const start = read(wordBytes, wordBytes);
  if (start === undefined) return undefined;
  const count = read(start, big ? 8 : 2);
  if (count === undefined || count > MAX_ENTRIES) return undefined;
  const entryBytes = 4 + 2 * wordBytes;
  const first = start + (big ? 8 : 2);
  const places = new Map<number, { at: number; typeBytes: number; values: number }>();
  for (let n = 0; n < count; n += 1) {
    const at = first + n * entryBytes;
    const tag = read(at, 2);
    const values = read(at + 4, wordBytes);
    if (tag === undefined || values === undefined) break;
    const typeBytes = TYPE_BYTES[read(at + 2, 2) ?? 0] ?? 1;
    const place = at + 4 + wordBytes;
    const isInline = typeBytes * values <= wordBytes;
    places.set(tag, {
      at: isInline ? place : (read(place, wordBytes) ?? bytes.length),
      typeBytes,
      values,
    });
  }
  return (tag, index = 0) => {
    const entry = places.get(tag);
    if (entry === undefined || index >= entry.values) return undefined;
    return read(entry.at + index * entry.typeBytes, entry.typeBytes);
  };
}
