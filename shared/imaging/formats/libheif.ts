// libheif as WebAssembly: loaded when the first HEIC comes, and given a memory of its own for each picture.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** WebAssembly counts memory in pages. */
const PAGE_BYTES = 65_536;
/** An address in the library's memory; 0 is none. */
type Pointer = number;

/** What is used of it, as in its C header; functions that return an error write it to where `error` points. */
export interface Libheif {
  readonly HEAPU8: Uint8Array;
  readonly HEAPU32: Uint32Array;
  _malloc(sizeBytes: number): Pointer;
  _heif_context_alloc(): Pointer;
  _heif_context_read_from_memory(
    error: Pointer,
    context: Pointer,
    file: Pointer,
    sizeBytes: number,
    options: Pointer,
  ): void;
  _heif_context_get_primary_image_handle(error: Pointer, context: Pointer, out: Pointer): void;
  _heif_image_handle_get_width(handle: Pointer): number;
  _heif_image_handle_get_height(handle: Pointer): number;
  _heif_image_handle_has_alpha_channel(handle: Pointer): number;
  _heif_image_handle_is_premultiplied_alpha(handle: Pointer): number;
  _heif_image_handle_get_raw_color_profile_size(handle: Pointer): number;
  _heif_image_handle_get_raw_color_profile(error: Pointer, handle: Pointer, out: Pointer): void;
  _heif_decode_image(
    error: Pointer,
    handle: Pointer,
    out: Pointer,
    colourSpace: number,
    chroma: number,
    options: Pointer,
  ): void;
  _heif_context_get_number_of_top_level_images(context: Pointer): number;
  _heif_context_get_track(context: Pointer, id: number): Pointer;
  /** Width and height are 16 bits each. */
  _heif_track_get_image_resolution(
    error: Pointer,
    track: Pointer,
    width: Pointer,
    height: Pointer,
  ): void;
  _heif_track_decode_next_image(
    error: Pointer,
    track: Pointer,
    out: Pointer,
    colourSpace: number,
    chroma: number,
    options: Pointer,
  ): void;
  _heif_image_get_width(image: Pointer, channel: number): number;
  _heif_image_get_height(image: Pointer, channel: number): number;
  _heif_image_get_plane_readonly2(image: Pointer, channel: number, stride: Pointer): Pointer;
}

export interface OpenLibheif {
  lib: Libheif;
  /** Whether it asked for more memory than it may have. */
  readonly outOfMemory: boolean;
}

interface Code {
  create: (options: object) => Libheif;
  module: WebAssembly.Module;
}

let loaded: Promise<Code> | undefined;

/**
 * @param maxMemoryBytes that it may take; its makers allow 2 GB
 * @returns a fresh one: what a hostile picture does to it the next picture does not meet, and its memory goes back
 *   when it is forgotten
 */
export async function openLibheif(maxMemoryBytes: number): Promise<OpenLibheif> {
  loaded ??= load();
  const { create, module } = await loaded;
  let outOfMemory = false;
  const lib = create({
    // It has nothing to say that its errors do not.
    print: () => undefined,
    printErr: () => undefined,
    instantiateWasm: (
      imports: WebAssembly.Imports,
      done: (instance: WebAssembly.Instance) => unknown,
    ) => {
      const instance = new WebAssembly.Instance(module, imports);
      for (const exported of Object.values(instance.exports)) {
        if (exported instanceof WebAssembly.Memory) {
          boundMemory(exported, maxMemoryBytes, () => {
            outOfMemory = true;
          });
        }
      }
      return done(instance);
    },
  });
  return {
    lib,
    get outOfMemory() {
      return outOfMemory;
    },
  };
}

async function load(): Promise<Code> {
  const file = createRequire(import.meta.url).resolve('libheif-js/libheif-wasm/libheif.wasm');
  const [library, bytes]: [{ default: unknown }, Uint8Array] = await Promise.all([
    import('libheif-js/libheif-wasm/libheif.js'),
    readFile(file),
  ]);
  return {
    create: library.default as Code['create'],
    module: await WebAssembly.compile(bytes),
  };
}

/** The library takes a refusal for memory that ran out. */
function boundMemory(
  memory: WebAssembly.Memory,
  maxMemoryBytes: number,
  onRefusal: () => void,
): void {
  const grow = memory.grow.bind(memory);
  memory.grow = (pages) => {
    if (memory.buffer.byteLength + pages * PAGE_BYTES > maxMemoryBytes) {
      onRefusal();
      throw new RangeError('The picture takes too much memory.');
    }
    return grow(pages);
  };
}
