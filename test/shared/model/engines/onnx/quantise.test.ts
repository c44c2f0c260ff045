// The integers of the int8 encoder stand for the numbers they were made from.

import {
  outputRanges,
  quantiseBias,
  quantiseKernel,
} from '@caption-queue/model/engines/onnx/quantise';
import type {
  Convolution,
  ConvolutionPlan,
} from '@caption-queue/model/layers-model/convolution-plan';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../../../support/numbers/random.ts';

function convolution(part: Partial<Convolution>): Convolution {
  return {
    kind: 'convolution',
    name: 'conv',
    input: 'input',
    kernelShape: [1, 1, 2, 3],
    kernel: new Float32Array(6),
    storedKernel: undefined,
    bias: new Float32Array(3),
    strides: [1, 1],
    padding: 'valid',
    relu: true,
    ...part,
  };
}

describe('a kernel', () => {
  it('that is stored in 8 bits keeps its values exactly in each channel where they fit', () => {
    const data = Uint8Array.of(0, 1, 0, 200, 227, 255);
    const storedKernel = {
      shape: [1, 1, 2, 3],
      dtype: 'uint8' as const,
      data,
      scale: 0.5,
      min: -50,
    };
    const kernel = Float32Array.from(data, (value) => value * 0.5 - 50);
    const { values, scales } = quantiseKernel(convolution({ kernel, storedKernel }));
    const back = Array.from(values, (value, i) => value * (scales[i % 3] as number));
    // The third channel reaches 155 steps: it gets longer ones.
    expect(back.toSpliced(5, 1).toSpliced(2, 1)).toEqual([-50, -49.5, 50, 63.5]);
    expect(scales[2]).toBeCloseTo(77.5 / 127, 5);
    expect(Math.abs((back[2] as number) + 50)).toBeLessThanOrEqual(77.5 / 127 / 2);
    expect(back[5]).toBeCloseTo(77.5, 4);
  });

  it('in floats is within half a step, each output channel by its own scale', () => {
    const random = createRandom(3);
    const kernel = Float32Array.from({ length: 60 }, (_, i) => (random() - 0.5) * 10 ** (i % 3));
    const { values, scales } = quantiseKernel(convolution({ kernelShape: [2, 5, 2, 3], kernel }));
    expect(scales).toHaveLength(3);
    for (const [i, value] of kernel.entries()) {
      const scale = scales[i % 3] as number;
      expect(Math.abs((values[i] as number) * scale - value)).toBeLessThanOrEqual(scale / 2 + 1e-6);
    }
  });

  it('of nothing but zeros stays zero, and leaves the bias', () => {
    const step = convolution({ bias: Float32Array.of(1, 2, 3) });
    const kernel = quantiseKernel(step);
    expect(kernel.values).toEqual(new Int8Array(6));
    const { values, scales } = quantiseBias(step, { kernel, inputScale: 0.01, inputOffset: 0 });
    values.forEach((value, i) => {
      expect(value * (scales[i] as number)).toBeCloseTo(i + 1, 3);
    });
  });
});

it('a bias takes up what the stored input lacks everywhere', () => {
  const step = convolution({
    kernel: Float32Array.of(1, 2, 3, 4, 5, 6),
    bias: Float32Array.of(10, 20, 30),
  });
  const kernel = quantiseKernel(step);
  const { values, scales } = quantiseBias(step, { kernel, inputScale: 0.01, inputOffset: 0.5 });
  const back = Array.from(values, (value, i) => value * (scales[i] as number));
  // Channel 0 reads kernel values 1 and 4: 10 + 0.5 × 5.
  [12.5, 23.5, 34.5].forEach((expected, i) => {
    expect(back[i]).toBeCloseTo(expected, 2);
  });
});

describe('activation ranges', () => {
  const plan: ConvolutionPlan = {
    input: 'input',
    output: 'mixed',
    steps: [
      convolution({ name: 'a', input: 'input' }),
      convolution({ name: 'b', input: 'a' }),
      convolution({ name: 'c', input: 'a' }),
      {
        kind: 'max-pooling',
        name: 'pool',
        input: 'a',
        size: [3, 3],
        strides: [2, 2],
        padding: 'valid',
      },
      { kind: 'concatenation', name: 'mixed', inputs: ['b', 'c', 'pool'] },
    ],
  };
  const ranges = {
    a: { scale: 0.1, zeroPoint: 0 },
    b: { scale: 0.2, zeroPoint: 0 },
    c: { scale: 0.3, zeroPoint: 0 },
  };

  it('of a concatenation is the widest; its convolutions are written at it, a pooling keeps its input’s', () => {
    const result = outputRanges(plan, ranges);
    expect([...result].map(([name, { scale }]) => [name, scale])).toEqual([
      ['a', 0.1],
      ['b', 0.3],
      ['c', 0.3],
      ['pool', 0.1],
      ['mixed', 0.3],
    ]);
  });

  it('that are missing are named', () => {
    expect(() => outputRanges(plan, { a: ranges.a, b: ranges.b })).toThrow(
      'The activation range of c is missing',
    );
  });
});
