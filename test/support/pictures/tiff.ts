// Writes TIFF files with any tags, to claim what no encoder would.

const ENTRY_BYTES = 12;

/** Tags and their one or more values, all of 32 bits. */
export type TiffTags = Record<number, number | number[]>;

/** @returns a little-endian TIFF: header, directory, values, and `data`; {@link DATA} stands for where that begins */
export function writeTiff(tags: TiffTags, data = Buffer.alloc(0)): Buffer {
  const entries = Object.entries(tags).map(([tag, values]) => ({
    tag: Number(tag),
    values: [values].flat(),
  }));
  const long = entries.filter(({ values }) => values.length > 1);
  const directoryEnd = 8 + 2 + entries.length * ENTRY_BYTES + 4;
  const dataStart = directoryEnd + long.reduce((sum, { values }) => sum + 4 * values.length, 0);
  const head = Buffer.alloc(dataStart);
  head.write('II*\0', 'latin1');
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(entries.length, 8);
  let overflow = directoryEnd;
  entries.forEach(({ tag, values }, n) => {
    const at = 10 + n * ENTRY_BYTES;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(4, at + 2);
    head.writeUInt32LE(values.length, at + 4);
    let place = at + 8;
    if (values.length > 1) {
      head.writeUInt32LE(overflow, place);
      place = overflow;
      overflow += 4 * values.length;
    }
    values.forEach((value, k) => {
      head.writeUInt32LE(value < DATA ? value : dataStart + (value - DATA), place + 4 * k);
    });
  });
  return Buffer.concat([head, data]);
}

/** Where the data begins; add an offset to it. */
export const DATA = 2 ** 40;
