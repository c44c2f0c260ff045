// Reads the chunks of a PNG before any decoder does, and leaves out those that cannot change a pixel.
//
// Text chunks are compressed: 200 of them in a file of 1.5 MB made the decoder take 3 GB and 11 seconds.
// A note on orientation after the pixels, where PNG allows it, is put before them, where the decoder looks for it.
import { createInflate, constants as zlib } from 'node:zlib';
import { checkSize, type ImageLimits } from '../limits.ts';
import { cutOff, damaged } from '../refusals.ts';

/** Chunks that decide about pixels: size, palette, transparency, colour space, orientation, data, end. */
const KEPT = new Set([
  'IHDR',
  'PLTE',
  'tRNS',
  'gAMA',
  'cHRM',
  'sRGB',
  'iCCP',
  'eXIf',
  'IDAT',
  'IEND',
]);

const SIGNATURE_BYTES = 8;
/** Length, type and checksum around a chunk's data. */
const CHUNK_OVERHEAD_BYTES = 12;

/** Of the header chunk, from its beginning. */
const BIT_DEPTH_OFFSET = 16;
const COLOUR_OFFSET = 17;
const INTERLACE_OFFSET = 20;
/** Samples a pixel, by colour type. */
const SAMPLES: Partial<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

interface PngChunks {
  /** What the header claims, in pixels; 0 when it has none. */
  width: number;
  height: number;
  /** Whether the file reaches its `IEND`. */
  complete: boolean;
  bytes: Uint8Array;
}

/**
 * @param png bytes that begin with the PNG signature
 * @returns the same picture with only the chunks that matter; what follows `IEND` is gone too
 * @throws {DomainError} `image_too_large`, or `damaged_image` when it does not reach its `IEND`
 */
export async function openPng(png: Uint8Array, limits: ImageLimits): Promise<Uint8Array> {
  const { complete, bytes, ...size } = readChunks(png);
  const { height } = checkSize(size, limits);
  if (complete) return bytes;
  const whole = await countWholeRows(png);
  if (whole !== undefined && whole < height) throw cutOff({ whole, height });
  throw damaged(new Error('the PNG ends before its IEND chunk'));
}

function readChunks(png: Uint8Array): PngChunks {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const pieces = [png.subarray(0, SIGNATURE_BYTES)];
  let [width, height, complete, profiles] = [0, 0, false, 0];
  let offset = SIGNATURE_BYTES;
  let pixelsAt = 0;
  while (!complete && offset + CHUNK_OVERHEAD_BYTES <= png.length) {
    const end = offset + CHUNK_OVERHEAD_BYTES + view.getUint32(offset);
    const type = String.fromCharCode(...png.subarray(offset + 4, offset + 8));
    if (end > png.length) break;
    if (type === 'IHDR' && end - offset >= CHUNK_OVERHEAD_BYTES + 8) {
      width = view.getUint32(offset + 8);
      height = view.getUint32(offset + 12);
    }
    if (type === 'iCCP') profiles += 1;
    // A second profile has no meaning, but would be unpacked.
    if (KEPT.has(type) && !(type === 'iCCP' && profiles > 1)) {
      if (type === 'IDAT' && pixelsAt === 0) pixelsAt = pieces.length;
      const isLate = type === 'eXIf' && pixelsAt > 0;
      pieces.splice(isLate ? pixelsAt : pieces.length, 0, png.subarray(offset, end));
    }
    complete = type === 'IEND';
    offset = end;
  }
  return { width, height, complete, bytes: Buffer.concat(pieces) };
}

/** @returns how many rows of a cut-off PNG have all their pixels; `undefined` when that can't be known */
async function countWholeRows(png: Uint8Array): Promise<number | undefined> {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const inflate = createInflate({ finishFlush: zlib.Z_SYNC_FLUSH });
  let rowBytes = 0;
  for (let offset = SIGNATURE_BYTES; offset + CHUNK_OVERHEAD_BYTES <= png.length; ) {
    const type = String.fromCharCode(...png.subarray(offset + 4, offset + 8));
    const data = png.subarray(offset + 8, offset + 8 + view.getUint32(offset));
    if (type === 'IHDR') rowBytes = bytesOfRow(png.subarray(offset));
    if (type === 'IDAT') inflate.write(data);
    offset += CHUNK_OVERHEAD_BYTES + view.getUint32(offset);
  }
  inflate.end();
  if (rowBytes === 0) return undefined;
  let bytes = 0;
  try {
    for await (const chunk of inflate) bytes += (chunk as Buffer).length;
  } catch {
    return undefined;
  }
  return Math.floor(bytes / rowBytes);
}

/** With the byte for its filter. @returns 0 when rows do not follow each other, or the header makes no sense */
function bytesOfRow(header: Uint8Array): number {
  const width = new DataView(header.buffer, header.byteOffset).getUint32(8);
  const bits = (header[BIT_DEPTH_OFFSET] ?? 0) * (SAMPLES[header[COLOUR_OFFSET] ?? 0] ?? 0);
  const interlaced = header[INTERLACE_OFFSET] !== 0;
  return interlaced || bits === 0 || width === 0 ? 0 : 1 + Math.ceil((width * bits) / 8);
}
