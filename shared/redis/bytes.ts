// Typed arrays as Redis stores them: bytes in, bytes out.

/** The bytes of an array, not copied. */
export function toBuffer(array: Uint8Array | Uint16Array): Buffer {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength);
}

/** Copies, because a reply's bytes needn't begin at an even address. */
export function toUint16Array(bytes: Buffer): Uint16Array {
  return new Uint16Array(new Uint8Array(bytes).buffer);
}
