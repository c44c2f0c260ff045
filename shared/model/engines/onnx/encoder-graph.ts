// The encoder as an ONNX graph, in float32 or as an int8 graph of quantised convolutions (QDQ).
// Input `pixels` uint8 [1, 299, 299, 3] as they come from imaging; output `grid` float32 [1, 8, 8, 2048], of the int8
// graph `codes` uint8 of the same shape and their `scale` float32 [1]: grid = codes × scale.
// Training also reads an inner layer of the int8 graph, whose output float32 has the layer's name.
import type { ActivationRanges, Range } from '../../bundle.ts';
import {
  type Convolution,
  type ConvolutionPlan,
  type ConvolutionStep,
  inputsOf,
} from '../../layers-model/convolution-plan.ts';
import { createGraphBuilder, type GraphBuilder } from './graph-builder.ts';
import type { OnnxModel, ValueInfo } from './model.ts';
import { pooledConvolution, poolingsToMove } from './pooled-convolution.ts';
import { outputRanges, quantiseBias, quantiseKernel } from './quantise.ts';
import { convolutionAttributes, poolingAttributes } from './windows.ts';

/** Pixels p become x = p ÷ 127.5 − 1, which is (p − 128 + 0.5) ÷ 127.5. */
const PIXEL_SCALE = 1 / 127.5;
const PIXEL_ZERO_POINT = 128;
const PIXEL_OFFSET = 0.5 * PIXEL_SCALE;

/** Builds the graph in float32. @see planConvolutions */
export function buildFloatEncoder(plan: ConvolutionPlan): OnnxModel {
  const graph = createGraphBuilder('encoder-fp32');
  const values = new Map([[plan.input, floatInput(graph)]]);
  for (const step of plan.steps) {
    const inputs = inputsOf(step).map((name) => values.get(name) as string);
    values.set(step.name, floatStep(graph, step, inputs));
  }
  return finish(graph, plan, [
    { name: 'grid', value: values.get(plan.output) as string, type: 'float32' },
  ]);
}

function floatInput(graph: GraphBuilder): string {
  const float = graph.node('Cast', ['pixels'], { name: 'float', attributes: { to: 1 } });
  const scale = graph.floats('pixel_scale', [], Float32Array.of(PIXEL_SCALE));
  const one = graph.floats('one', [], Float32Array.of(1));
  const scaled = graph.node('Mul', [float, scale], { name: 'scaled' });
  const centred = graph.node('Sub', [scaled, one], { name: 'centred' });
  return toChannelsFirst(graph, centred);
}

function floatStep(graph: GraphBuilder, step: ConvolutionStep, inputs: string[]): string {
  if (step.kind !== 'convolution') return poolOrConcatenate(graph, step, inputs, step.name);
  const { name } = step;
  const kernel = graph.floats(
    `${name}_kernel`,
    outputFirst(step.kernelShape),
    transposeKernel(step, step.kernel),
  );
  const bias = graph.floats(`${name}_bias`, [step.bias.length], step.bias);
  const sum = graph.node('Conv', [...inputs, kernel, bias], {
    name: step.relu ? `${name}_sum` : name,
    attributes: convolutionAttributes(step),
  });
  return step.relu ? graph.node('Relu', [sum], { name }) : sum;
}

/** A value of the int8 graph by both its names: as 8-bit codes, and dequantised. */
interface Quantised {
  codes: string;
  float: string;
}

/**
 * Builds the int8 graph: 8-bit kernels and activations, int32 biases, each convolution between
 * DequantizeLinear and QuantizeLinear so that ONNX Runtime runs it in integers.
 * ReLU needs no node: with a zero point of 0, QuantizeLinear clips what is negative.
 * @param innerLayer a layer whose grid becomes a second output
 * @throws RangeError when a convolution's range is missing, the output's does not begin at 0, or there is no such layer
 */
export function buildInt8Encoder(
  plan: ConvolutionPlan,
  activationRanges: ActivationRanges,
  innerLayer?: string,
): OnnxModel {
  const graph = createGraphBuilder('encoder-int8');
  const ranges = outputRanges(plan, activationRanges);
  const rangeOf = (name: string) => ranges.get(name) as Range;
  ranges.set(plan.input, { scale: PIXEL_SCALE, zeroPoint: PIXEL_ZERO_POINT });
  const values = new Map<string, Quantised>();
  const valueAt = (name: string) => values.get(name) as Quantised;
  const pixels = toChannelsFirst(graph, 'pixels');
  values.set(plan.input, {
    codes: pixels,
    float: dequantise(graph, pixels, rangeOf(plan.input), plan.input),
  });
  const poolings = poolingsToMove(plan);
  if (innerLayer !== undefined) poolings.delete(innerLayer);
  for (const step of plan.steps.filter(({ name }) => !poolings.has(name))) {
    values.set(step.name, requantise(graph, int8Step(step), rangeOf(step.name), step.name));
  }
  function int8Step(step: ConvolutionStep): string {
    const { name } = step;
    if (step.kind !== 'convolution') {
      const inputs = inputsOf(step).map((input) => valueAt(input).float);
      return poolOrConcatenate(graph, step, inputs, `${name}_float`);
    }
    const pooling = poolings.get(step.input);
    if (pooling) {
      const { codes } = valueAt(pooling.input);
      return pooledConvolution(graph, step, { pooling, codes, range: rangeOf(pooling.input) });
    }
    return int8Convolution(graph, step, {
      input: valueAt(step.input).float,
      inputRange: rangeOf(step.input),
      inputOffset: step.input === plan.input ? PIXEL_OFFSET : 0,
    });
  }
  const { scale, zeroPoint } = rangeOf(plan.output);
  if (zeroPoint !== 0) throw new RangeError(`The range of ${plan.output} does not begin at 0.`);
  const grids: Grid[] = [{ name: 'codes', value: valueAt(plan.output).codes, type: 'uint8' }];
  if (innerLayer !== undefined) {
    const value = values.get(innerLayer)?.float;
    if (value === undefined) throw new RangeError(`The encoder has no layer ${innerLayer}.`);
    grids.push({ name: innerLayer, value, type: 'float32' });
  }
  const scales = graph.floats('codes_scale', [1], Float32Array.of(scale));
  graph.node('Identity', [scales], { name: 'scale' });
  return finish(graph, plan, grids, [{ name: 'scale', type: 'float32', shape: [1] }]);
}

function int8Convolution(
  graph: GraphBuilder,
  step: Convolution,
  from: { input: string; inputRange: Range; inputOffset: number },
): string {
  const { name } = step;
  const kernel = quantiseKernel(step);
  const bias = quantiseBias(step, {
    kernel,
    inputScale: from.inputRange.scale,
    inputOffset: from.inputOffset,
  });
  const channels = [step.bias.length];
  const dequantisedKernel = graph.node(
    'DequantizeLinear',
    [
      graph.constant({
        name: `${name}_kernel`,
        type: 'int8',
        shape: outputFirst(step.kernelShape),
        data: transposeKernel(step, kernel.values),
      }),
      graph.floats(`${name}_kernel_scale`, channels, kernel.scales),
    ],
    { name: `${name}_kernel_float`, attributes: { axis: 0 } },
  );
  const dequantisedBias = graph.node(
    'DequantizeLinear',
    [
      graph.constant({
        name: `${name}_bias`,
        type: 'int32',
        shape: channels,
        data: bias.values,
      }),
      graph.floats(`${name}_bias_scale`, channels, bias.scales),
    ],
    { name: `${name}_bias_float`, attributes: { axis: 0 } },
  );
  return graph.node('Conv', [from.input, dequantisedKernel, dequantisedBias], {
    name: `${name}_float`,
    attributes: convolutionAttributes(step),
  });
}

function requantise(graph: GraphBuilder, value: string, range: Range, name: string): Quantised {
  const codes = graph.node('QuantizeLinear', [value, ...rangeConstants(graph, range, name)], {
    name: `${name}_quantised`,
  });
  return { codes, float: dequantise(graph, codes, range, name) };
}

function dequantise(graph: GraphBuilder, value: string, range: Range, name: string): string {
  return graph.node('DequantizeLinear', [value, ...rangeConstants(graph, range, `${name}_back`)], {
    name: `${name}_dequantised`,
  });
}

function rangeConstants(graph: GraphBuilder, range: Range, name: string): string[] {
  return [
    graph.floats(`${name}_scale`, [], Float32Array.of(range.scale)),
    graph.constant({
      name: `${name}_zero`,
      type: 'uint8',
      shape: [],
      data: Uint8Array.of(range.zeroPoint),
    }),
  ];
}

function poolOrConcatenate(
  graph: GraphBuilder,
  step: Exclude<ConvolutionStep, Convolution>,
  inputs: string[],
  name: string,
): string {
  if (step.kind === 'concatenation')
    return graph.node('Concat', inputs, { name, attributes: { axis: 1 } });
  const operator = step.kind === 'max-pooling' ? 'MaxPool' : 'AveragePool';
  return graph.node(operator, inputs, { name, attributes: poolingAttributes(step) });
}

function toChannelsFirst(graph: GraphBuilder, value: string): string {
  return graph.node('Transpose', [value], {
    name: 'channels_first',
    attributes: { perm: [0, 3, 1, 2] },
  });
}

/** What becomes an output, channels last. */
interface Grid {
  name: string;
  value: string;
  type: 'uint8' | 'float32';
}

function finish(
  graph: GraphBuilder,
  plan: ConvolutionPlan,
  grids: Grid[],
  others: ValueInfo[] = [],
): OnnxModel {
  for (const { name, value } of grids) {
    graph.node('Transpose', [value], { name, attributes: { perm: [0, 2, 3, 1] } });
  }
  const channels = plan.steps.length > 0 ? 'channels' : 3;
  return graph.finish(
    [{ name: 'pixels', type: 'uint8', shape: [1, 299, 299, 3] }],
    [
      ...grids.map(
        ({ name, type }): ValueInfo => ({ name, type, shape: [1, 'height', 'width', channels] }),
      ),
      ...others,
    ],
  );
}

function outputFirst([height, width, inputs, outputs]: Convolution['kernelShape']): number[] {
  return [outputs, inputs, height, width];
}

/** Keras's `[height, width, in, out]` → ONNX's `[out, in, height, width]`. */
function transposeKernel<T extends Float32Array | Int8Array>(step: Convolution, values: T): T {
  const [height, width, inputs, outputs] = step.kernelShape;
  const area = height * width;
  const transposed = new (values.constructor as new (length: number) => T)(values.length);
  let from = 0;
  for (let position = 0; position < area; position++) {
    for (let i = 0; i < inputs; i++) {
      for (let o = 0; o < outputs; o++) {
        transposed[(o * inputs + i) * area + position] = values[from++] as number;
      }
    }
  }
  return transposed;
}
