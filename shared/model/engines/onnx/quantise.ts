// Eight-bit numbers for the encoder: activation ranges, kernels and biases.
// Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
// Inference": real = scale × (stored − zero point); a bias has the scale of input × kernel and zero point 0.
import type { ActivationRanges, Range } from '../../bundle.ts';
import {
  type Convolution,
  type ConvolutionPlan,
  inputsOf,
} from '../../layers-model/convolution-plan.ts';

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
  for (const name of plan.steps.flatMap(inputsOf)) readers.set(name, (readers.get(name) ?? 0) + 1);
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

/** In Keras's order, `[height, width, in, out]`; zero points are 0. */
export interface QuantisedKernel {
  values: Int8Array;
  /** One for each output channel. */
  scales: Float32Array;
}

/** What a scale's 127 steps reach where a channel's kernel is nothing but zeros, so that its bias has steps too. */
const REACH_OF_ZEROS = 1;

/**
 * Symmetric and per output channel: for such kernels ONNX Runtime has convolutions that are a quarter faster than its
 * others. A stored 8-bit kernel keeps its scale, and so its values exactly, in each channel where they fit.
 */
export function quantiseKernel({
  kernel,
  kernelShape,
  storedKernel,
}: Convolution): QuantisedKernel {
  const channels = kernelShape[3];
  const reach = new Float32Array(channels);
  for (let i = 0; i < kernel.length; i++) {
    const channel = i % channels;
    reach[channel] = Math.max(reach[channel] as number, Math.abs(kernel[i] as number));
  }
  const scales = reach.map((value) =>
    Math.max(storedKernel?.scale ?? 0, (value || REACH_OF_ZEROS) / 127),
  );
  const values = new Int8Array(kernel.length);
  for (let i = 0; i < kernel.length; i++) {
    values[i] = Math.round((kernel[i] as number) / (scales[i % channels] as number));
  }
  return { values, scales };
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
  const values = Int32Array.from(bias, (value, channel) =>
    Math.round(value / (scales[channel] as number)),
  );
  return { values, scales };
}
