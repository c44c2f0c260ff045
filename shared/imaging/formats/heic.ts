// Decodes HEIC, the pictures of iPhones and some cameras: HEVC in the HEIF container, single or in tiles, turned and
// cut as the file says, or the first of a sequence. Thumbnails, depth and gain maps are passed over.
import { DomainError } from '@caption-queue/contract/errors';
import { checkSize, DEFAULT_MAX_PIXELS, type ImageLimits } from '../limits.ts';
import { damaged, notRead } from '../refusals.ts';
import { type Libheif, type OpenLibheif, openLibheif } from './libheif.ts';
import { writePlainTiff } from './plain-tiff.ts';

/** It takes 8 bytes a pixel in the decoder, then 3 or 4 more, and 9 seconds for 48 million on a slow processor. */
export const HEIC_SHARE_OF_MAX_PIXELS = 0.5;

/** The library and the file, and for each pixel its planes, what they become, and as much again for what is odd. */
const [BASE_BYTES, PIXEL_BYTES] = [64 << 20, 12];

/** Of the library's own numbers (heif_image.h, heif_error.h). */
const RGB = 1;
const [INTERLEAVED_RGB, INTERLEAVED_RGBA] = [10, 11];
const INTERLEAVED = 10;
const [OK, MEMORY] = [0, 6];
const [LIMIT_EXCEEDED, NO_DECODER] = [1000, [3000, 3001, 6001, 6003]] as const;

const MAX_PROFILE_BYTES = 4 << 20;
/** Room for an error (12 bytes) and for what a call gives back. */
const SCRATCH_BYTES = 64;
const OUT_OFFSET = 16;

/** @returns an uncompressed TIFF of the picture @throws {DomainError} as `normaliseImage` */
export async function decodeHeic(bytes: Uint8Array, limits: ImageLimits): Promise<Uint8Array> {
  const maxPixels = (limits.maxPixels ?? DEFAULT_MAX_PIXELS) * HEIC_SHARE_OF_MAX_PIXELS;
  const library = await openLibheif(BASE_BYTES + PIXEL_BYTES * maxPixels);
  try {
    return decode(library, bytes, limits);
  } catch (error) {
    if (library.outOfMemory) throw takesTooMuch();
    throw error instanceof DomainError ? error : damaged(error);
  }
}

function decode({ lib }: OpenLibheif, bytes: Uint8Array, limits: ImageLimits): Uint8Array {
  const call = createCalls(lib);
  const file = lib._malloc(bytes.length);
  if (file === 0) throw takesTooMuch();
  lib.HEAPU8.set(bytes, file);
  const context = lib._heif_context_alloc();
  call((error) => lib._heif_context_read_from_memory(error, context, file, bytes.length, 0));
  if (lib._heif_context_get_number_of_top_level_images(context) === 0) {
    const track = lib._heif_context_get_track(context, 0);
    if (track === 0) throw damaged(new Error('the sequence has no pictures'));
    const sides = call((error, out) =>
      lib._heif_track_get_image_resolution(error, track, out, out + 2),
    );
    checkSize({ width: sides & 0xffff, height: sides >>> 16 }, limits, HEIC_SHARE_OF_MAX_PIXELS);
    const image = call((error, out) =>
      lib._heif_track_decode_next_image(error, track, out, RGB, INTERLEAVED_RGB, 0),
    );
    return copyPixels({ lib, call, image, channels: 3 }, limits);
  }
  const handle = call((error, out) =>
    lib._heif_context_get_primary_image_handle(error, context, out),
  );
  const width = lib._heif_image_handle_get_width(handle);
  const height = lib._heif_image_handle_get_height(handle);
  checkSize({ width, height }, limits, HEIC_SHARE_OF_MAX_PIXELS);
  const hasAlpha = lib._heif_image_handle_has_alpha_channel(handle) !== 0;
  const chroma = hasAlpha ? INTERLEAVED_RGBA : INTERLEAVED_RGB;
  const image = call((error, out) => lib._heif_decode_image(error, handle, out, RGB, chroma, 0));
  return copyPixels({ lib, call, image, channels: hasAlpha ? 4 : 3, handle }, limits);
}

/** Makes a call and gives back what it wrote, a number of 32 bits. @throws {DomainError} for its error */
type Call = (make: (error: number, out: number) => void) => number;

function createCalls(lib: Libheif): Call {
  const error = lib._malloc(SCRATCH_BYTES);
  const out = error + OUT_OFFSET;
  return (make) => {
    lib.HEAPU32.fill(0, error >> 2, (error + SCRATCH_BYTES) >> 2);
    make(error, out);
    throwIfFailed(lib, error);
    return lib.HEAPU32[out >> 2] ?? 0;
  };
}

function throwIfFailed({ HEAPU8, HEAPU32 }: Libheif, error: number): void {
  const [code, detail, message = 0] = HEAPU32.subarray(error >> 2, (error >> 2) + 3);
  if (code === OK) return;
  if (code === MEMORY || detail === LIMIT_EXCEEDED) throw takesTooMuch();
  if (NO_DECODER.some((known) => known === detail)) {
    throw notRead('a HEIF picture of a rare coding', 'convert it to JPEG.');
  }
  const text = HEAPU8.subarray(message, HEAPU8.indexOf(0, message));
  throw damaged(new Error(Buffer.from(text).toString()));
}

interface Decoded {
  lib: Libheif;
  call: Call;
  image: number;
  channels: 3 | 4;
  /** Of a picture that is no part of a sequence. */
  handle?: number;
}

function copyPixels({ lib, call, image, channels, handle }: Decoded, limits: ImageLimits) {
  const width = lib._heif_image_get_width(image, INTERLEAVED);
  const height = lib._heif_image_get_height(image, INTERLEAVED);
  checkSize({ width, height }, limits, HEIC_SHARE_OF_MAX_PIXELS);
  let plane = 0;
  const stride = call((_error, out) => {
    plane = lib._heif_image_get_plane_readonly2(image, INTERLEAVED, out);
  });
  if (plane === 0 || width < 1 || height < 1) throw damaged(new Error('there are no pixels'));
  return writePlainTiff({
    width,
    height,
    channels,
    ...(handle !== undefined && {
      premultiplied: lib._heif_image_handle_is_premultiplied_alpha(handle) !== 0,
      profile: readProfile(lib, call, handle),
    }),
    writeRow: (target, row) => {
      const start = plane + row * stride;
      target.set(lib.HEAPU8.subarray(start, start + target.length));
    },
  });
}

function readProfile(lib: Libheif, call: Call, handle: number): Uint8Array | undefined {
  const sizeBytes = lib._heif_image_handle_get_raw_color_profile_size(handle);
  if (sizeBytes === 0 || sizeBytes > MAX_PROFILE_BYTES) return undefined;
  const profile = lib._malloc(sizeBytes);
  if (profile === 0) return undefined;
  call((error) => lib._heif_image_handle_get_raw_color_profile(error, handle, profile));
  return lib.HEAPU8.slice(profile, profile + sizeBytes);
}

function takesTooMuch(): DomainError {
  return new DomainError(
    'image_too_large',
    'The picture is too large, or has too many parts, to be decoded. Send a smaller version, or convert it to JPEG.',
  );
}
