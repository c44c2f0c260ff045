// Reads numbers and texts one after the other from bytes that nobody vouches for.

export interface ByteCursor {
  /** The next bytes. @throws RangeError past the end */
  take(length: number): Buffer;
  uint8(): number;
  /** Up to the line feed, which is dropped; as Latin-1. */
  line(): string;
}

export function createByteCursor(bytes: Buffer): ByteCursor {
  let position = 0;
  const take = (length: number) => {
    const end = position + length;
    if (!(end <= bytes.length)) throw new RangeError('The file ends in the middle of a value.');
    const taken = bytes.subarray(position, end);
    position = end;
    return taken;
  };
  return {
    take,
    uint8: () => take(1)[0] as number,
    line() {
      const end = bytes.indexOf('\n', position);
      const text = take((end < 0 ? bytes.length + 1 : end) - position).toString('latin1');
      position++;
      return text;
    },
  };
}
