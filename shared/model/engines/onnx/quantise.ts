// Eight-bit numbers for the encoder: activation ranges, kernels and biases.
// Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
// Inference": real = scale × (stored − zero point); a bias has the scale of input × kernel and zero point 0.
import type { ActivationRanges, Range } from '../../bundle.ts';
import type { Convolution, ConvolutionPlan } from '../../layers-model/convolution-plan.ts';

/**
 * The range of every step's output. Pooling keeps its input's; a concatenation takes the widest of its
 * branches, and a convolution that is read by nothing else is written at that range at once, so that
 * the concatenation only copies it.
 * @throws RangeError when `activationRanges` lacks a convolution.
 */
export function outputRanges(
  plan: ConvolutionPlan,
  activationRanges: ActivationRanges,
): Map<string, Range> {
  const ranges = new Map<string, Range>();
  const readers = new Map<string, number>();
  const countReader = (name: string) => readers.set(name, (readers.get(name) ?? 0) + 1);
  for (const step of plan.steps) {
    for (const input of step.kind === 'concatenation' ? step.inputs : [step.input])
      countReader(input);
  }
  for (const step of plan.steps) {
    if (step.kind === 'convolution') {
      const range = activationRanges[step.name];
      if (!range) throw new RangeError(`The activation range of ${step.name} is missing.`);
      ranges.set(step.name, range);
    } else if (step.kind === 'concatenation') {
      const branches = step.inputs.map((input) => ranges.get(input) as Range);
      const widest = branches.reduce((a, b) => (b.scale > a.scale ? b : a));
      ranges.set(step.name, widest);
      for (const input of step.inputs) {
        if (activationRanges[input] && readers.get(input) === 1) ranges.set(input, widest);
      }
    } else {
      ranges.set(step.name, ranges.get(step.input) as Range);
    }
  }
  return ranges;
}

/** In Keras's order, `[height, width, in, out]`; one scale for the tensor or one per output channel. */
export interface QuantisedKernel {
  values: Int8Array;
  scales: Float32Array;
  zeroPoints: Int8Array;
}

/** A stored uint8 kernel exactly, as int8 (u8 − 128); else symmetric and per output channel. */
export function quantiseKernel(step: Convolution): QuantisedKernel {
  const stored = step.storedKernel;
  if (stored) {
    return {
      // Flipping the top bit is subtracting 128.
      values: new Int8Array(stored.data.map((value) => value ^ 0x80).buffer),
      scales: Float32Array.of(stored.scale),
      zeroPoints: Int8Array.of(Math.round(-stored.min / stored.scale) - 128),
    };
  }
  const channels = step.kernelShape[3];
  const { kernel } = step;
  const scales = new Float32Array(channels);
  for (let i = 0; i < kernel.length; i++) {
    const channel = i % channels;
    scales[channel] = Math.max(scales[channel] as number, Math.abs(kernel[i] as number) / 127);
  }
  const values = new Int8Array(kernel.length);
  for (let i = 0; i < kernel.length; i++) {
    values[i] = Math.round((kernel[i] as number) / (scales[i % channels] || 1));
  }
  return { values, scales, zeroPoints: new Int8Array(channels) };
}

/**
 * The bias in steps of input scale × kernel scale. `inputOffset` is what the stored input lacks
 * everywhere (pixels: half a step); it passes through the kernel into the bias, exactly so where
 * the convolution does not pad.
 */
export function quantiseBias(
  step: Convolution,
  {
    kernel,
    inputScale,
    inputOffset,
  }: { kernel: QuantisedKernel; inputScale: number; inputOffset: number },
): { values: Int32Array; scales: Float32Array } {
  const channels = step.kernelShape[3];
  const bias = Float64Array.from(step.bias);
  if (inputOffset !== 0) {
    step.kernel.forEach((value, i) => {
      bias[i % channels] = (bias[i % channels] as number) + value * inputOffset;
    });
  }
  const scales = kernel.scales.map((scale) => scale * inputScale);
  const values = Int32Array.from(bias, (value, channel) => {
    return Math.round(
      value / (scales.length === 1 ? (scales[0] as number) : (scales[channel] as number)),
    );
  });
  return { values, scales };
}
