// Writes BMP files of any kind, pixels and palettes given as they stand in the file.

export interface BmpOptions {
  width: number;
  /** Negative for rows from the top. */
  height: number;
  bits: number;
  compression?: number;
  /** Bytes between the header and the pixels: fields or a palette. */
  between?: Buffer;
  pixels: Buffer;
}

export function writeBmp(options: BmpOptions): Buffer {
  const { width, height, bits, compression = 0, between = Buffer.alloc(0), pixels } = options;
  const head = Buffer.alloc(54);
  head.write('BM');
  head.writeUInt32LE(54 + between.length + pixels.length, 2);
  head.writeUInt32LE(54 + between.length, 10);
  head.writeUInt32LE(40, 14);
  head.writeInt32LE(width, 18);
  head.writeInt32LE(height, 22);
  head.writeUInt16LE(1, 26);
  head.writeUInt16LE(bits, 28);
  head.writeUInt32LE(compression, 30);
  return Buffer.concat([head, between, pixels]);
}
