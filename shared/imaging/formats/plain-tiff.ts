// Pixels that a decoder of ours made, written as an uncompressed TIFF in memory, so that they take the same way through
// colour profile, transparency and scaling as every other picture's. (TIFF 6.0; tag 34675 is the ICC's.)

export interface PlainPicture {
  width: number;
  height: number;
  /** 3 for RGB, 4 with an alpha channel. */
  channels: 3 | 4;
  /** Whether colours were multiplied by alpha. */
  premultiplied?: boolean;
  /** ICC colour profile. */
  profile?: Uint8Array | undefined;
  /** Writes one row's samples, 8 bits each: `width × channels` bytes. */
  writeRow: (target: Uint8Array, row: number) => void;
}

const HEADER_BYTES = 8;
const ENTRY_BYTES = 12;
const [SHORT, LONG, UNDEFINED] = [3, 4, 7] as const;
/** The decoder holds a strip in memory. */
const STRIP_BYTES = 1 << 20;

/** @returns a TIFF of `width × height × channels` bytes and a little more */
export function writePlainTiff(picture: PlainPicture): Uint8Array {
  const { width, height, channels, premultiplied = false, profile, writeRow } = picture;
  const rowBytes = width * channels;
  const rowsPerStrip = Math.min(height, Math.max(1, Math.floor(STRIP_BYTES / rowBytes)));
  const strips = Math.ceil(height / rowsPerStrip);
  const stripSizes = Array.from(
    { length: strips },
    (_, n) => rowBytes * Math.min(rowsPerStrip, height - n * rowsPerStrip),
  );
  const entries: [tag: number, type: number, values: number[] | Uint8Array][] = [
    [256, LONG, [width]],
    [257, LONG, [height]],
    [258, SHORT, Array<number>(channels).fill(8)],
    [259, SHORT, [1]],
    [262, SHORT, [2]],
    [273, LONG, stripSizes.map((_, n) => HEADER_BYTES + n * rowsPerStrip * rowBytes)],
    [277, SHORT, [channels]],
    [278, LONG, [rowsPerStrip]],
    [279, LONG, stripSizes],
  ];
  if (channels === 4) entries.push([338, SHORT, [premultiplied ? 1 : 2]]);
  if (profile !== undefined) entries.push([34_675, UNDEFINED, profile]);

  const pixelsEnd = HEADER_BYTES + rowBytes * height;
  const directory = pixelsEnd + (pixelsEnd % 2);
  const sizes = { [SHORT]: 2, [LONG]: 4, [UNDEFINED]: 1 };
  const sizeOf = ([, type, values]: (typeof entries)[number]) =>
    values.length * sizes[type as keyof typeof sizes];
  let overflow = directory + 2 + entries.length * ENTRY_BYTES + 4;
  const total = entries.reduce((end, entry) => end + sizeOf(entry) + 1, overflow);
  const file = Buffer.alloc(total);
  file.write('II*\0', 'latin1');
  file.writeUInt32LE(directory, 4);
  for (let row = 0; row < height; row += 1) {
    const start = HEADER_BYTES + row * rowBytes;
    writeRow(file.subarray(start, start + rowBytes), row);
  }
  file.writeUInt16LE(entries.length, directory);
  entries.forEach((entry, n) => {
    const [tag, type, values] = entry;
    const at = directory + 2 + n * ENTRY_BYTES;
    file.writeUInt16LE(tag, at);
    file.writeUInt16LE(type, at + 2);
    file.writeUInt32LE(values.length, at + 4);
    const isLong = sizeOf(entry) > 4;
    let place = isLong ? overflow : at + 8;
    if (isLong) {
      file.writeUInt32LE(overflow, at + 8);
      overflow += sizeOf(entry) + (sizeOf(entry) % 2);
    }
    for (const value of values) {
      if (type === LONG) file.writeUInt32LE(value, place);
      else if (type === SHORT) file.writeUInt16LE(value, place);
      else file.writeUInt8(value, place);
      place += sizes[type as keyof typeof sizes];
    }
  });
  return file;
}
