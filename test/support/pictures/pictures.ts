// Pictures for tests: real photos, and files that are damaged, hostile or odd on purpose.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { repository } from '../repository.ts';

export const photoNames = [
  'astronaut.jpg',
  'camera-man.jpg',
  'cat.jpg',
  'coffee.jpg',
  'flower.jpg',
  'rocket.jpg',
  'temple.jpg',
] as const;

export function readPhoto(name: (typeof photoNames)[number]): Buffer {
  return readFileSync(path.join(repository, 'test/fixtures/photos', name));
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const SIGNATURE_AND_HEADER_BYTES = 33;
const END_CHUNK_BYTES = 12;

export function pngChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([length, typed, checksum]);
}

/** A PNG that claims a size and has next to no data: 69 bytes or so. */
export function pngClaiming(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([
    PNG_SIGNATURE,
    pngChunk('IHDR', header),
    pngChunk('IDAT', deflateSync(Buffer.alloc(4))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Puts chunks right after a PNG's header. */
export function withChunks(png: Buffer, ...chunks: Buffer[]): Buffer {
  return Buffer.concat([
    png.subarray(0, SIGNATURE_AND_HEADER_BYTES),
    ...chunks,
    png.subarray(SIGNATURE_AND_HEADER_BYTES),
  ]);
}

/** A text chunk that unpacks to `sizeBytes`. */
export function textBomb(sizeBytes: number, keyword = 'Comment'): Buffer {
  const packed = deflateSync(Buffer.alloc(sizeBytes, 'a'), { level: 9 });
  return pngChunk('zTXt', Buffer.concat([Buffer.from(`${keyword}\0\0`), packed]));
}

/** A colour profile that unpacks to `sizeBytes` of nothing. */
export function profileBomb(sizeBytes: number): Buffer {
  const packed = deflateSync(Buffer.alloc(sizeBytes), { level: 9 });
  return pngChunk('iCCP', Buffer.concat([Buffer.from('profile\0\0'), packed]));
}

export function flipByte(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ 0xff;
  return copy;
}

export function cutEnd(bytes: Buffer, count: number): Buffer {
  return bytes.subarray(0, bytes.length - count);
}

export const withoutPngEnd = (png: Buffer) => cutEnd(png, END_CHUNK_BYTES);

/** Small, colourful and different in all four corners, so that a wrong orientation shows. */
export function cornersPng(): Promise<Buffer> {
  const [width, height] = [64, 48];
  const pixels = Buffer.alloc(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      pixels.set([x < 32 ? 230 : 20, y < 24 ? 200 : 40, x * 4], (y * width + x) * 3);
    }
  }
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toBuffer();
}

/** Two frames, red then blue. */
export function animatedGif(): Promise<Buffer> {
  const frame = (background: string) =>
    sharp({ create: { width: 20, height: 20, channels: 3, background } })
      .png()
      .toBuffer();
  return Promise.all([frame('#ff0000'), frame('#0000ff')]).then((frames) =>
    sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer(),
  );
}

/** Files of formats that are not decoded, some of them dangerous to those who try. */
export const notPictures: Record<string, Buffer> = {
  'one byte': Buffer.from([0xff]),
  'random bytes': Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * 7919 + 13) % 251)),
  HTML: Buffer.from('<!doctype html><title>picture</title><img src=x onerror=alert(1)>'),
  SVG: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
  XXE: Buffer.from(
    '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/passwd">]><svg>&f;</svg>',
  ),
  PDF: Buffer.from('%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF'),
  BMP: Buffer.concat([Buffer.from('BM'), Buffer.alloc(200)]),
};

/** As PNG has it; `zlib.crc32` is not in every Node that we run on. */
function crc32(bytes: Buffer): number {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}
