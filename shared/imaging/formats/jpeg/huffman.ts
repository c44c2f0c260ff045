// Walks through the coded data of a sequential JPEG without making pixels of it: how far it reaches, and where it ends.
//
// ITU-T T.81, F.2.2: Huffman codes of at most 16 bits, each followed by the bits of a coefficient.

/** Of each 16 bits that may follow: how long the code at their beginning is, times 256, and its symbol. */
export type HuffmanTable = Uint16Array;

const LONGEST_CODE = 16;

/** @returns the table of a `DHT` segment's counts and symbols; `undefined` when the codes don't fit into 16 bits */
export function buildHuffmanTable(
  counts: Uint8Array,
  symbols: Uint8Array,
): HuffmanTable | undefined {
  const table = new Uint16Array(1 << LONGEST_CODE);
  let at = 0;
  let symbol = 0;
  for (let length = 1; length <= LONGEST_CODE; length += 1) {
    for (let n = counts[length - 1] ?? 0; n > 0; n -= 1) {
      const end = at + (1 << (LONGEST_CODE - length));
      if (end > table.length) return undefined;
      table.fill((length << 8) | (symbols[symbol] ?? 0), at, end);
      at = end;
      symbol += 1;
    }
  }
  return table;
}

/** Blocks of one component, as they follow each other in the data. */
export interface CodedBlocks {
  dc: HuffmanTable;
  ac: HuffmanTable;
  /** In each unit. */
  blocks: number;
}

export interface WalkedUnits {
  /** Whose bits were all there. */
  units: number;
  /** Offset after their last byte. */
  end: number;
  /** Whether a code was met that stands for nothing. */
  nonsense: boolean;
}

/** Bytes that may be ahead of the bits in use. */
const RECENT = 8;
const LAST_COEFFICIENT = 63;
const SIXTEEN_ZEROS = 15;
/** Of a symbol that tells how many bits follow: 16 at most. */
const SIZE_MASK = 0x1f;

/**
 * Walks from `start` through `most` units (MCUs), or as far as the data goes: to a marker, or the end of the file.
 */
export function walkUnits(options: {
  bytes: Uint8Array;
  start: number;
  unit: readonly CodedBlocks[];
  most: number;
}): WalkedUnits {
  const { bytes, start, unit, most } = options;
  const places = new Int32Array(RECENT);
  let offset = start;
  let loaded = 0;
  /** The next `count` bits, in the low end; `padding` of them are no bits of the file. */
  let [bits, count, padding] = [0, 0, 0];
  let nonsense = false;

  const fill = () => {
    while (count <= LONGEST_CODE) {
      const byte = bytes[offset];
      const isData = byte !== undefined && (byte !== 0xff || bytes[offset + 1] === 0);
      bits = ((bits << 8) | (isData ? byte : 0)) & 0xffffff;
      count += 8;
      if (isData) {
        places[loaded++ % RECENT] = offset;
        offset += byte === 0xff ? 2 : 1;
      } else padding += 8;
    }
  };
  const symbol = (table: HuffmanTable) => {
    fill();
    const found = table[(bits >>> (count - LONGEST_CODE)) & 0xffff] ?? 0;
    if (found === 0) nonsense = true;
    count -= found >> 8;
    return found & 0xff;
  };
  const skip = (length: number) => {
    fill();
    count -= length;
  };
  const walkBlock = ({ dc, ac }: CodedBlocks) => {
    skip(symbol(dc) & SIZE_MASK);
    for (let k = 1; k <= LAST_COEFFICIENT && !nonsense; k += 1) {
      const runAndSize = symbol(ac);
      const size = runAndSize & 0xf;
      if (size === 0 && runAndSize >> 4 !== SIXTEEN_ZEROS) return;
      skip(size);
      k += runAndSize >> 4;
    }
  };

  let units = 0;
  while (units < most) {
    for (const blocks of unit) {
      for (let n = blocks.blocks; n > 0; n -= 1) walkBlock(blocks);
    }
    // Bits were used that the file does not have.
    if (nonsense || count < padding) break;
    units += 1;
  }
  const unused = Math.max(0, (count - padding) >> 3);
  const end = unused === 0 ? offset : (places[(loaded - unused) % RECENT] ?? offset);
  return { units, end, nonsense: nonsense && count >= padding };
}
