// A matrix product with 8-bit weights. Most of a decoder's time goes into reading its weights, once for each word; as
// bytes they are a quarter. ONNX Runtime rounds what enters to 8 bits too, each row by itself, in the same blocks.
import type { GraphBuilder } from './graph-builder.ts';

/** Weights of an output that share a scale: the longest run that every decoder's sizes are a multiple of. */
const BLOCK = 128;
/** A narrower product is no faster for it. */
const FEWEST_OUTPUTS = 64;
/** Of MatMulNBits: both sides in 8 bits. */
const INT8_ACCURACY = 4;

export interface Matrix {
  /** Names the constants. */
  name: string;
  /** `[inputs, outputs]` */
  shape: [number, number];
  values: Float32Array;
}

/** Whether it can be multiplied in 8 bits, and is faster so. */
export function suitsInt8([inputs, outputs]: Matrix['shape']): boolean {
  return inputs % BLOCK === 0 && outputs >= FEWEST_OUTPUTS;
}

/** @param value name of what is multiplied, `[rows, inputs]` @returns the product's name, `output` */
export function int8Product(
  graph: GraphBuilder,
  { value, matrix, output }: { value: string; matrix: Matrix; output: string },
): string {
  const { name, shape } = matrix;
  const [inputs, outputs] = shape;
  const { codes, scales } = quantiseBlocks(matrix);
  return graph.node(
    'MatMulNBits',
    [
      value,
      graph.constant({
        name,
        type: 'uint8',
        shape: [outputs, inputs / BLOCK, BLOCK],
        data: codes,
      }),
      graph.floats(`${name}_scale`, [scales.length], scales),
    ],
    {
      name: output,
      domain: 'com.microsoft',
      attributes: {
        K: inputs,
        N: outputs,
        bits: 8,
        block_size: BLOCK,
        accuracy_level: INT8_ACCURACY,
      },
    },
  );
}

/** Output by output: value = (code − 128) × scale of its block. */
export function quantiseBlocks({ shape: [inputs, outputs], values }: Omit<Matrix, 'name'>): {
  codes: Uint8Array;
  scales: Float32Array;
} {
  const codes = new Uint8Array(values.length);
  const scales = new Float32Array(values.length / BLOCK);
  for (let output = 0; output < outputs; output++) {
    for (let start = 0; start < inputs; start += BLOCK) {
      let reach = 0;
      for (let i = start; i < start + BLOCK; i++) {
        reach = Math.max(reach, Math.abs(values[i * outputs + output] as number));
      }
      const scale = reach / 127 || 1;
      const first = output * inputs + start;
      scales[first / BLOCK] = scale;
      for (let i = 0; i < BLOCK; i++) {
        const value = values[(start + i) * outputs + output] as number;
        codes[first + i] = Math.round(value / scale) + 128;
      }
    }
  }
  return { codes, scales };
}
