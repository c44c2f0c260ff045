// Reads BMP, as Windows, old scanners and screen grabbers write it: 1 to 32 bits a pixel, palettes, bit fields, both
// run-length codings, top-down or bottom-up, and OS/2's short header. (Microsoft, "Bitmap Storage", wingdi.h.)

import { checkSize, type ImageLimits } from '../limits.ts';
import { cutOff, damaged, notRead } from '../refusals.ts';
import { writePlainTiff } from './plain-tiff.ts';

const FILE_HEADER_BYTES = 14;
const OS2_HEADER_BYTES = 12;
const INFO_HEADER_BYTES = 40;
/** Sizes of the headers that exist; the first bytes alone, `BM`, say little. */
const HEADER_SIZES = [OS2_HEADER_BYTES, INFO_HEADER_BYTES, 52, 56, 64, 108, 124];
const [PLAIN, RUNS_8, RUNS_4, FIELDS, ALPHA_FIELDS] = [0, 1, 2, 3, 6] as const;
const FIELDS_OFFSET = 54;
const ROW_ALIGNMENT = 4;

export function isBmp(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (
    bytes.length >= FILE_HEADER_BYTES + OS2_HEADER_BYTES &&
    bytes[0] === 0x42 &&
    bytes[1] === 0x4d &&
    HEADER_SIZES.includes(view.getUint32(FILE_HEADER_BYTES, true))
  );
}

interface Header {
  width: number;
  height: number;
  topDown: boolean;
  bits: number;
  compression: number;
  /** Where the pixels begin. */
  start: number;
  /** Of at most 8 bits a pixel: blue, green and red, in `entryBytes`. */
  palette: { start: number; entryBytes: number; end: number };
  /** Where in a pixel of 16 or 32 bits red, green and blue are. */
  masks: readonly number[];
}

/** Writes row `row` of the file as RGB. */
type WriteRow = (target: Uint8Array, row: number) => void;

/** @returns an uncompressed TIFF of the picture @throws {DomainError} as `normaliseImage` */
export function decodeBmp(bytes: Uint8Array, limits: ImageLimits): Uint8Array {
  const header = readHeader(bytes);
  const { width, height, topDown, compression } = header;
  checkSize(header, limits);
  const isRuns = compression === RUNS_8 || compression === RUNS_4;
  const writeRow = isRuns ? runs(bytes, header) : plainPixels(bytes, header);
  return writePlainTiff({
    width,
    height,
    channels: 3,
    writeRow: (target, row) => writeRow(target, topDown ? row : height - 1 - row),
  });
}

function readHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getUint32(FILE_HEADER_BYTES, true);
  const isOs2 = headerBytes === OS2_HEADER_BYTES;
  if (bytes.length < FILE_HEADER_BYTES + headerBytes) throw broken('ends in its header');
  const side = (offset: number) =>
    isOs2 ? view.getUint16(18 + offset / 2, true) : view.getInt32(18 + offset, true);
  const [width, signedHeight] = [side(0), side(4)];
  const height = Math.abs(signedHeight);
  const bits = view.getUint16(isOs2 ? 24 : 28, true);
  const compression = isOs2 ? PLAIN : view.getUint32(30, true);
  const start = view.getUint32(10, true);
  if (width < 1 || height < 1 || start > bytes.length) throw broken('has a wrong header');
  const isKnown =
    (compression === PLAIN && [1, 2, 4, 8, 16, 24, 32].includes(bits)) ||
    (compression === RUNS_8 && bits === 8) ||
    (compression === RUNS_4 && bits === 4) ||
    ((compression === FIELDS || compression === ALPHA_FIELDS) && [16, 32].includes(bits));
  if (!isKnown) throw notRead('a BMP of a rare coding', 'save it as PNG or JPEG.');
  const hasFields = compression === FIELDS || compression === ALPHA_FIELDS;
  if (hasFields && bytes.length < FIELDS_OFFSET + 12) throw broken('ends in its header');
  const usual = bits === 16 ? [0x7c00, 0x3e0, 0x1f] : [0xff0000, 0xff00, 0xff];
  const masks = hasFields ? [0, 4, 8].map((n) => view.getUint32(FIELDS_OFFSET + n, true)) : usual;
  const paletteStart = FILE_HEADER_BYTES + headerBytes;
  const palette = {
    start: paletteStart,
    entryBytes: isOs2 ? 3 : 4,
    end: Math.max(start, paletteStart),
  };
  const topDown = signedHeight < 0;
  return { width, height, topDown, bits, compression, start, palette, masks };
}

function plainPixels(bytes: Uint8Array, header: Header): WriteRow {
  const { width, height, bits, start } = header;
  const rowBytes = Math.ceil((width * bits) / 8);
  const stride = Math.ceil(rowBytes / ROW_ALIGNMENT) * ROW_ALIGNMENT;
  const there = bytes.length - start;
  if (there < (height - 1) * stride + rowBytes) {
    throw cutOff({ whole: Math.min(height - 1, Math.floor(there / stride)), height });
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bits <= 8) {
    const write = colours(bytes, header);
    const mask = (1 << bits) - 1;
    return (target, row) => {
      for (let x = 0; x < width; x += 1) {
        const bit = x * bits;
        const byte = bytes[start + row * stride + (bit >> 3)] ?? 0;
        write(target, x, (byte >> (8 - bits - (bit & 7))) & mask);
      }
    };
  }
  if (bits === 24) {
    return (target, row) => {
      for (let x = 0, at = start + row * stride; x < width; x += 1, at += 3) {
        target[3 * x] = bytes[at + 2] ?? 0;
        target[3 * x + 1] = bytes[at + 1] ?? 0;
        target[3 * x + 2] = bytes[at] ?? 0;
      }
    };
  }
  const fields = header.masks.map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { mask, shift, most: Math.max(1, mask >>> shift) };
  });
  return (target, row) => {
    for (let x = 0; x < width; x += 1) {
      const at = start + row * stride + (x * bits) / 8;
      const pixel = bits === 16 ? view.getUint16(at, true) : view.getUint32(at, true);
      fields.forEach(({ mask, shift, most }, channel) => {
        target[3 * x + channel] = Math.round((((pixel & mask) >>> shift) * 255) / most);
      });
    }
  };
}

/** Run-length codings: a count and a colour, or 0 and what it means: end of row, of picture, a step, or colours as they are. */
function runs(bytes: Uint8Array, header: Header): WriteRow {
  const { width, height, compression } = header;
  const isFour = compression === RUNS_4;
  const indices = new Uint8Array(width * height);
  let [x, y, at] = [0, 0, header.start];
  const put = (index: number) => {
    if (x < width && y < height) indices[y * width + x] = index;
    x += 1;
  };
  let ended = false;
  while (!ended && y < height) {
    const [count, value] = [bytes[at], bytes[at + 1]];
    if (count === undefined || value === undefined) throw cutOff({ whole: y, height });
    at += 2;
    if (count > 0) {
      for (let n = 0; n < count; n += 1) put(isFour ? nibble(value, n) : value);
    } else if (value === 0) {
      x = 0;
      y += 1;
    } else if (value === 1) {
      ended = true;
    } else if (value === 2) {
      x += bytes[at] ?? 0;
      y += bytes[at + 1] ?? 0;
      at += 2;
    } else {
      for (let n = 0; n < value; n += 1) {
        put(isFour ? nibble(bytes[at + (n >> 1)] ?? 0, n) : (bytes[at + n] ?? 0));
      }
      const dataBytes = isFour ? Math.ceil(value / 2) : value;
      at += dataBytes + (dataBytes % 2);
    }
  }
  const write = colours(bytes, header);
  return (target, row) => {
    for (let column = 0; column < width; column += 1) {
      write(target, column, indices[row * width + column] ?? 0);
    }
  };
}

const nibble = (byte: number, n: number) => (n % 2 === 0 ? byte >> 4 : byte & 0xf);

/** An index behind the palette's end is black, as in browsers. */
function colours(bytes: Uint8Array, { palette }: Header) {
  const { start, entryBytes, end } = palette;
  return (target: Uint8Array, x: number, index: number) => {
    const at = start + index * entryBytes;
    const isThere = at + 3 <= end;
    target[3 * x] = isThere ? (bytes[at + 2] ?? 0) : 0;
    target[3 * x + 1] = isThere ? (bytes[at + 1] ?? 0) : 0;
    target[3 * x + 2] = isThere ? (bytes[at] ?? 0) : 0;
  };
}

const broken = (what: string) => damaged(new Error(`the BMP ${what}`));
