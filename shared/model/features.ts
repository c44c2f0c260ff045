// Features on their way from the encoder to the decoder, and in the cache: 8-bit codes where the encoder computes in
// 8 bits, which lose nothing, else float16.
import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import { fromFloat16Bits, toFloat16Bits } from './float16.ts';

const VALUES = GRID_CELLS * FEATURE_SIZE;
/** Before the codes: their scale, float32. */
const SCALE_BYTES = Float32Array.BYTES_PER_ELEMENT;
const CODES_BYTES = SCALE_BYTES + VALUES;
const FLOATS_BYTES = 2 * VALUES;

const everyCode = Uint8Array.from({ length: 256 }, (_, code) => code);

/** What an encoder's graph answers: the grid, or codes of it and their scale. */
export interface EncoderOutputs {
  grid?: Float32Array;
  codes?: Uint8Array;
  scale?: Float32Array;
}

/** @returns bytes for `unpackGrid` */
export function packFeatures({ grid, codes, scale }: EncoderOutputs): Uint8Array {
  if (grid) return new Uint8Array(toFloat16Bits(grid).buffer);
  const packed = new Uint8Array(CODES_BYTES);
  packed.set(new Uint8Array(Float32Array.of(scale?.[0] ?? 0).buffer));
  packed.set(codes ?? [], SCALE_BYTES);
  return packed;
}

/** Of a picture without anything to see: zeros. */
export const blankFeatures = (): Uint8Array => new Uint8Array(CODES_BYTES);

/** Whether bytes have one of the sizes that features have. */
export const areFeatures = ({ byteLength }: Uint8Array): boolean =>
  byteLength === CODES_BYTES || byteLength === FLOATS_BYTES;

/**
 * @returns the grid `[64, 2048]`, its values rounded to float16: the same in both forms, and in the files that training
 * reads
 */
export function unpackGrid(features: Uint8Array): Float32Array {
  if (features.byteLength === FLOATS_BYTES) {
    return fromFloat16Bits(new Uint16Array(features.slice().buffer));
  }
  const [scale = 0] = new Float32Array(features.slice(0, SCALE_BYTES).buffer);
  return valuesOf(features.subarray(SCALE_BYTES), scale);
}

/** The grid that a graph answered. */
export const gridOf = ({ grid, codes, scale }: EncoderOutputs): Float32Array =>
  grid ?? valuesOf(codes ?? new Uint8Array(), scale?.[0] ?? 0);

function valuesOf(codes: Uint8Array, scale: number): Float32Array {
  const values = fromFloat16Bits(
    toFloat16Bits(Float32Array.from(everyCode, (code) => code * scale)),
  );
  const grid = new Float32Array(codes.length);
  for (let i = 0; i < codes.length; i++) grid[i] = values[codes[i] as number] as number;
  return grid;
}
