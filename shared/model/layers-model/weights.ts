// Weights between bytes and numbers: slicing weights.bin by its manifest, dequantising, storing.
import { fromFloat16Bits } from '../float16.ts';
import { LayersModelError, type Weight } from './layers-model.ts';

/** One entry of `weightsManifest`. */
export interface WeightEntry {
  name: string;
  shape: number[];
  dtype: string;
  quantization?: { dtype: string; scale?: number; min?: number };
}

const bytesPerElement = { float32: 4, float16: 2, uint8: 1 } as const;

/** Cuts `bytes` into weights (copies) in the manifest's order. @throws LayersModelError when sizes disagree. */
export function sliceWeights(entries: WeightEntry[], bytes: Uint8Array): Map<string, Weight> {
  const weights = new Map<string, Weight>();
  let offset = 0;
  for (const entry of entries) {
    const stored = entry.quantization?.dtype ?? entry.dtype;
    if (!(stored in bytesPerElement)) {
      throw new LayersModelError(
        `Weight ${entry.name} is stored as ${stored}, which is not supported.`,
      );
    }
    const dtype = stored as keyof typeof bytesPerElement;
    const size = entry.shape.reduce((a, b) => a * b, 1);
    const end = offset + size * bytesPerElement[dtype];
    if (end > bytes.byteLength) {
      throw new LayersModelError(`The weights end before ${entry.name}: the file is truncated.`);
    }
    weights.set(entry.name, weightOf(entry, dtype, new Uint8Array(bytes.subarray(offset, end))));
    offset = end;
  }
  if (offset !== bytes.byteLength) {
    throw new LayersModelError(
      `The weights are ${bytes.byteLength} bytes, the manifest wants ${offset}.`,
    );
  }
  return weights;
}

function weightOf(
  entry: WeightEntry,
  dtype: keyof typeof bytesPerElement,
  data: Uint8Array,
): Weight {
  const { shape } = entry;
  if (dtype === 'float32') return { shape, dtype, data: new Float32Array(data.buffer) };
  if (dtype === 'float16') return { shape, dtype, data: new Uint16Array(data.buffer) };
  const { scale, min } = entry.quantization ?? {};
  if (scale === undefined || min === undefined) {
    throw new LayersModelError(
      `Weight ${entry.name} is uint8 but its scale or minimum is missing.`,
    );
  }
  return { shape, dtype, data, scale, min };
}

/** The weight's values as float32. */
export function weightValues(weight: Weight): Float32Array {
  if (weight.dtype === 'float32') return weight.data;
  if (weight.dtype === 'float16') return fromFloat16Bits(weight.data);
  const { data, scale, min } = weight;
  const values = new Float32Array(data.length);
  for (let i = 0; i < data.length; i++) values[i] = (data[i] as number) * scale + min;
  return values;
}

/** The manifest entry and the bytes that store a weight. */
export function storedWeight(
  name: string,
  weight: Weight,
): { entry: WeightEntry; bytes: Uint8Array } {
  const { data, shape } = weight;
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const entry: WeightEntry = { name, shape, dtype: 'float32' };
  if (weight.dtype === 'float16') entry.quantization = { dtype: 'float16' };
  if (weight.dtype === 'uint8') {
    entry.quantization = { dtype: 'uint8', scale: weight.scale, min: weight.min };
  }
  return { entry, bytes };
}
