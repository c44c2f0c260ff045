// Names a picture's format from its first bytes: file names and declared types are never believed.

import { isBmp } from './formats/bmp.ts';
import { heifCoding } from './formats/heif.ts';
import { isTiff } from './formats/tiff.ts';

/** Media types of the formats that are decoded. */
export type ImageMediaType =
  | 'image/jpeg'
  | 'image/png'
  | 'image/webp'
  | 'image/gif'
  | 'image/avif'
  | 'image/heic'
  | 'image/tiff'
  | 'image/bmp';

/** What files of these formats are called: which files of a folder are worth reading. */
export const photoFileName =
  /\.(jpe?g|jpe|jfif|mpo|png|apng|webp|gif|avifs?|hei[cf]s?|hif|tiff?|bmp|dib)$/i;

/** For messages. */
export const READ_FORMATS = 'JPEG, PNG, WebP, GIF, AVIF, HEIC, TIFF or BMP';

/** As many bytes of a file as it takes to tell its format. */
export const SNIFFED_BYTES = 4096;

/** Old servers put a few blank lines and byte-order marks before what they send; more is no accident. */
const MAX_BLANK_BYTES = 256;
const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];
const BLANKS = new Set([0x09, 0x0a, 0x0d, 0x20]);

export function startsWith(bytes: Uint8Array, signature: readonly number[]): boolean {
  return (
    bytes.length >= signature.length && signature.every((byte, index) => bytes[index] === byte)
  );
}

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const JPEG_SIGNATURE = [0xff, 0xd8, 0xff];

const ascii = (bytes: Uint8Array, start: number, end: number) =>
  String.fromCharCode(...bytes.subarray(start, end));

/** @returns the file without byte-order marks and white space before its first byte; no format begins so */
export function withoutBlanks(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < MAX_BLANK_BYTES) {
    if (BLANKS.has(bytes[start] ?? 0)) start += 1;
    else if (startsWith(bytes.subarray(start, start + 3), BYTE_ORDER_MARK)) start += 3;
    else break;
  }
  return bytes.subarray(start);
}

/**
 * @param bytes without blanks before them; the first {@link SNIFFED_BYTES} are enough
 * @returns the format that they begin like, or `undefined` for anything that is not decoded
 */
export function sniffFormat(bytes: Uint8Array): ImageMediaType | undefined {
  if (startsWith(bytes, JPEG_SIGNATURE)) return 'image/jpeg';
  if (startsWith(bytes, PNG_SIGNATURE)) return 'image/png';
  if (['GIF87a', 'GIF89a'].includes(ascii(bytes, 0, 6))) return 'image/gif';
  if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP') return 'image/webp';
  if (isTiff(bytes)) return 'image/tiff';
  if (isBmp(bytes)) return 'image/bmp';
  return { av1: 'image/avif', hevc: 'image/heic', other: undefined }[
    heifCoding(bytes) ?? 'other'
  ] as ImageMediaType | undefined;
}
