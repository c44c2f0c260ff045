// The segments of a JPEG (ITU-T T.81, annex B): what stands in its headers, whatever stands between them.
import { buildHuffmanTable, type HuffmanTable } from './huffman.ts';

export const MARKER = {
  SOF0: 0xc0,
  SOF1: 0xc1,
  SOF2: 0xc2,
  DHT: 0xc4,
  RST0: 0xd0,
  RST7: 0xd7,
  SOI: 0xd8,
  EOI: 0xd9,
  SOS: 0xda,
  DRI: 0xdd,
  APP14: 0xee,
} as const;
/** `DHT`, `JPG` and `DAC` stand among the frame headers and are none. */
const NO_FRAMES = [MARKER.DHT, 0xc8, 0xcc];

export interface Component {
  id: number;
  horizontal: number;
  vertical: number;
}

export interface Frame {
  marker: number;
  /** Bits a sample. */
  precision: number;
  width: number;
  height: number;
  components: Component[];
}

export interface Tables {
  dc: Map<number, HuffmanTable>;
  ac: Map<number, HuffmanTable>;
}

export const isFrame = (marker: number) =>
  marker >= MARKER.SOF0 && marker <= 0xcf && !NO_FRAMES.includes(marker);
export const isRestart = (marker: number) => marker >= MARKER.RST0 && marker <= MARKER.RST7;
/** Markers without a length after them. */
export const standsAlone = (marker: number) =>
  isRestart(marker) || marker === MARKER.SOI || marker === 0x01;

/** @returns where the next marker's `0xFF` stands, whatever lies before it; the file's end when there is none */
export function findMarker(bytes: Uint8Array, from: number): number {
  let offset = bytes.indexOf(0xff, from);
  while (offset >= 0 && [0x00, 0xff, undefined].includes(bytes[offset + 1])) {
    offset = bytes.indexOf(0xff, offset + 1);
  }
  return offset < 0 ? bytes.length : offset;
}

/** @param segment from its marker on, whole @returns `undefined` when it makes no sense */
export function readFrame(segment: Uint8Array): Frame | undefined {
  const [, marker = 0, , , precision = 0, h1 = 0, h0 = 0, w1 = 0, w0 = 0, count = 0] = segment;
  const components: Component[] = [];
  for (let n = 0; n < count; n += 1) {
    const [id = 0, sampling = 0] = segment.subarray(10 + 3 * n);
    components.push({ id, horizontal: sampling >> 4, vertical: sampling & 0xf });
  }
  const sane = components.every(
    ({ horizontal: h, vertical: v }) => h >= 1 && h <= 4 && v >= 1 && v <= 4,
  );
  const [width, height] = [(w1 << 8) | w0, (h1 << 8) | h0];
  if (!sane || count === 0 || segment.length < 10 + 3 * count || width === 0 || height === 0) {
    return undefined;
  }
  return { marker, precision, width, height, components };
}

/** Adds what a `DHT` segment defines. @returns false when it makes no sense */
export function readHuffmanTables(segment: Uint8Array, { dc, ac }: Tables): boolean {
  let offset = 4;
  while (offset + 17 <= segment.length) {
    const [target = 0] = segment.subarray(offset);
    const counts = segment.subarray(offset + 1, offset + 17);
    const symbols = counts.reduce((sum, n) => sum + n, 0);
    const table = buildHuffmanTable(counts, segment.subarray(offset + 17, offset + 17 + symbols));
    if (table === undefined) return false;
    (target >> 4 === 0 ? dc : ac).set(target & 0xf, table);
    offset += 17 + symbols;
  }
  return true;
}

export interface Scan {
  components: { id: number; dc: number; ac: number }[];
  /** First and last coefficient, in zigzag order. */
  first: number;
  last: number;
  /** 0 where coefficients come for the first time, not to be refined. */
  refined: number;
}

/** @param segment an `SOS` segment from its marker on, whole @returns `undefined` when it makes no sense */
export function readScan(segment: Uint8Array): Scan | undefined {
  const count = segment[4] ?? 0;
  if (count < 1 || count > 4 || segment.length < 8 + 2 * count) return undefined;
  const components = Array.from({ length: count }, (_, n) => {
    const [id = 0, tables = 0] = segment.subarray(5 + 2 * n);
    return { id, dc: tables >> 4, ac: tables & 0xf };
  });
  const [first = 0, last = 0, approximation = 0] = segment.subarray(5 + 2 * count);
  return { components, first, last, refined: approximation >> 4 };
}
