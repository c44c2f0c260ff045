// The size that a WebP file gives for itself, which some writers get wrong; the chunks inside tell the real one.
// RIFF: a chunk is a name, its size in bytes, and data padded to an even length.

const HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;
const SIZE_OFFSET = 4;

/** @returns the file with the size of its whole chunks; itself when it is right, or a chunk is cut off */
export function withRealSize(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = HEADER_BYTES;
  while (end + CHUNK_HEADER_BYTES <= bytes.length) {
    const dataBytes = view.getUint32(end + SIZE_OFFSET, true);
    const next = end + CHUNK_HEADER_BYTES + dataBytes;
    if (!isChunkName(bytes.subarray(end, end + 4)) || next > bytes.length) break;
    end = next + (dataBytes % 2);
  }
  const size = end - CHUNK_HEADER_BYTES;
  if (end === HEADER_BYTES || size === view.getUint32(SIZE_OFFSET, true)) return bytes;
  const mended = new Uint8Array(end);
  mended.set(bytes.subarray(0, end));
  new DataView(mended.buffer).setUint32(SIZE_OFFSET, size, true);
  return mended;
}

const isChunkName = (name: Uint8Array) => name.every((byte) => byte >= 0x20 && byte < 0x7f);
