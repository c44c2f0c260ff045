// Bytes as Redis takes them.

/** The same bytes, not copied. */
export function toBuffer(array: Uint8Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}
