// The first frame of a GIF that does not fill its canvas: libvips paints the rest black where the frame has no
// transparent colour, browsers leave it empty. (GIF89a, sections 18 to 23.)
import sharp from 'sharp';
import { checkSize, type ImageLimits } from '../limits.ts';
import { damaged } from '../refusals.ts';

const HEADER_BYTES = 13;
const [EXTENSION, IMAGE] = [0x21, 0x2c];
const GRAPHIC_CONTROL = 0xf9;
const HAS_TRANSPARENT = 1;
const WHITE = { background: '#ffffff' };

interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  transparent: boolean;
}

/** @returns the file, or its first frame on white as PNG @throws {DomainError} as `normaliseImage` */
export async function openGif(bytes: Uint8Array, limits: ImageLimits): Promise<Uint8Array> {
  const frame = readFirstFrame(bytes);
  if (frame === undefined || frame.transparent) return bytes;
  const [width, height] = [read16(bytes, 6), read16(bytes, 8)];
  const { left, top } = frame;
  const [right, bottom] = [width - left - frame.width, height - top - frame.height];
  const isInside = Math.min(right, bottom) >= 0 && frame.width > 0 && frame.height > 0;
  if (!isInside || (frame.width === width && frame.height === height)) return bytes;
  checkSize({ width, height }, limits);
  try {
    return await sharp(bytes, { failOn: 'warning', limitInputPixels: false, pages: 1 })
      .extract({ left, top, width: frame.width, height: frame.height })
      .extend({ left, top, right, bottom, ...WHITE })
      .png({ compressionLevel: 0 })
      .toBuffer();
  } catch (cause) {
    throw damaged(cause);
  }
}

function readFirstFrame(bytes: Uint8Array): Frame | undefined {
  let offset = HEADER_BYTES + tableBytes(bytes[10] ?? 0);
  let transparent = false;
  while (bytes[offset] === EXTENSION) {
    if (bytes[offset + 1] === GRAPHIC_CONTROL) {
      transparent = ((bytes[offset + 3] ?? 0) & HAS_TRANSPARENT) !== 0;
    }
    // Blocks of data, each after its length, up to an empty one.
    offset += 2;
    while ((bytes[offset] ?? 0) > 0) offset += 1 + (bytes[offset] ?? 0);
    offset += 1;
  }
  if (bytes[offset] !== IMAGE) return undefined;
  const [left, top, width, height] = [1, 3, 5, 7].map((n) => read16(bytes, offset + n));
  return { left: left ?? 0, top: top ?? 0, width: width ?? 0, height: height ?? 0, transparent };
}

const read16 = (bytes: Uint8Array, at: number) => (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);

/** Of a colour table, by the flags before it. */
const tableBytes = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
