// Writes plain baseline JPEG files (ITU-T T.81): grey squares of 8 pixels, with restart markers where wanted. No
// encoder at hand writes those, and the place of each row in the file is known here.

const BLOCK = 8;
const LONGEST_DIFFERENCE = 8;
const CODE_BITS = 4;

const u16 = (value: number) => [value >> 8, value & 255];
const segment = (marker: number, ...data: number[]) =>
  Buffer.from([0xff, marker, ...u16(data.length + 2), ...data]);

export interface GreyJpeg {
  /** Everything before the coded pixels. */
  head: Buffer;
  /** Coded pixels, one buffer for each restart interval. */
  intervals: Buffer[];
}

/**
 * @param rows levels of grey, 0 to 255, each of a square
 * @param interval squares between restart markers; 0 for none
 */
export function greyJpeg(rows: readonly (readonly number[])[], interval = 0): GreyJpeg {
  const levels = rows.flat();
  const width = (rows[0]?.length ?? 0) * BLOCK;
  const codes = Array.from({ length: LONGEST_DIFFERENCE + 1 }, (_, size) => size);
  const counts = (length: number, count: number) =>
    Array.from({ length: 16 }, (_, n) => (n === length - 1 ? count : 0));
  const head = Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xdb, 0, ...Array<number>(64).fill(BLOCK)),
    segment(0xc0, 8, ...u16(rows.length * BLOCK), ...u16(width), 1, 1, 0x11, 0),
    segment(0xc4, 0x00, ...counts(CODE_BITS, codes.length), ...codes),
    segment(0xc4, 0x10, ...counts(1, 1), 0),
    ...(interval > 0 ? [segment(0xdd, ...u16(interval))] : []),
    segment(0xda, 1, 1, 0x00, 0, 63, 0),
  ]);
  const size = interval || levels.length;
  const intervals: Buffer[] = [];
  for (let start = 0; start < levels.length; start += size) {
    intervals.push(code(levels.slice(start, start + size)));
  }
  return { head, intervals };
}

/** @param between bytes that a careless writer leaves before each marker behind the pixels */
export function writeJpeg({ head, intervals }: GreyJpeg, between = Buffer.alloc(0)): Buffer {
  const parts = intervals.flatMap((data, n) => [
    data,
    between,
    Buffer.from([0xff, n === intervals.length - 1 ? 0xd9 : 0xd0 + (n % 8)]),
  ]);
  return Buffer.concat([head, ...parts]);
}

function code(levels: readonly number[]): Buffer {
  let bits = '';
  let before = 0;
  for (const level of levels) {
    const difference = level - 128 - before;
    before = level - 128;
    const size = difference === 0 ? 0 : Math.floor(Math.log2(Math.abs(difference))) + 1;
    const value = difference < 0 ? difference + 2 ** size - 1 : difference;
    bits += size.toString(2).padStart(CODE_BITS, '0');
    if (size > 0) bits += value.toString(2).padStart(size, '0');
    bits += '0'; // No other coefficients.
  }
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, '1');
  const bytes = (bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2));
  return Buffer.from(bytes.flatMap((byte) => (byte === 0xff ? [byte, 0] : [byte])));
}

/** @returns a copy with other bytes at the end of its first scan header: first and last coefficient, approximation */
export function withScanParameters(jpeg: Buffer, ...parameters: [number, number, number]): Buffer {
  const copy = Buffer.from(jpeg);
  const scan = copy.indexOf(Buffer.from([0xff, 0xda]));
  copy.set(parameters, scan + 2 + copy.readUInt16BE(scan + 2) - 3);
  return copy;
}

/** Puts bytes before the first segment of a kind. */
export function beforeMarker(jpeg: Buffer, marker: number, ...bytes: number[]): Buffer {
  const at = jpeg.indexOf(Buffer.from([0xff, marker]));
  return Buffer.concat([jpeg.subarray(0, at), Buffer.from(bytes), jpeg.subarray(at)]);
}
