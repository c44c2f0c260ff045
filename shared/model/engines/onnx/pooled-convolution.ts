// An average pooling in front of a 1 × 1 convolution, computed after it: both are linear, so they may change places, and
// the convolution leaves a tenth of the channels. Padding does not count, so the bias may come first too.
import type { Range } from '../../bundle.ts';
import {
  type Convolution,
  type ConvolutionPlan,
  type ConvolutionStep,
  inputsOf,
  type Pooling,
} from '../../layers-model/convolution-plan.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { quantiseKernel } from './quantise.ts';
import { poolingAttributes } from './windows.ts';

/** By name, the average poolings that nothing but one 1 × 1 convolution of stride 1 reads. */
export function poolingsToMove(plan: ConvolutionPlan): Map<string, Pooling> {
  const moved = new Map<string, Pooling>();
  for (const step of plan.steps) {
    if (step.kind !== 'average-pooling') continue;
    const [reader, another] = plan.steps.filter((other) => inputsOf(other).includes(step.name));
    if (reader && !another && isPointwise(reader)) moved.set(step.name, step);
  }
  return moved;
}

function isPointwise(step: ConvolutionStep): boolean {
  if (step.kind !== 'convolution') return false;
  const [height, width] = step.kernelShape;
  return [height, width, ...step.strides].every((size) => size === 1);
}

/**
 * The convolution as a product of 8-bit matrices with a sum in float, then the pooling of that.
 * @param from.codes uint8, channels first: what the pooling would read
 * @returns name of the float result, channels first, not yet clipped by ReLU
 */
export function pooledConvolution(
  graph: GraphBuilder,
  step: Convolution,
  { pooling, codes, range }: { pooling: Pooling; codes: string; range: Range },
): string {
  const { name, bias } = step;
  const [, , inputs, outputs] = step.kernelShape;
  const { values, scales } = quantiseKernel(step);
  const channelsLast = graph.node('Transpose', [codes], {
    name: `${name}_channels_last`,
    attributes: { perm: [0, 2, 3, 1] },
  });
  const sum = graph.node(
    'MatMulIntegerToFloat',
    [
      channelsLast,
      graph.constant({
        name: `${name}_kernel`,
        type: 'int8',
        shape: [inputs, outputs],
        data: values,
      }),
      graph.floats(`${name}_input_scale`, [], Float32Array.of(range.scale)),
      graph.floats(`${name}_kernel_scale`, [outputs], scales),
      graph.constant({
        name: `${name}_input_zero`,
        type: 'uint8',
        shape: [],
        data: Uint8Array.of(range.zeroPoint),
      }),
      '',
      graph.floats(`${name}_bias`, [outputs], bias),
    ],
    { name: `${name}_sum`, domain: 'com.microsoft' },
  );
  const channelsFirst = graph.node('Transpose', [sum], {
    name: `${name}_channels_first`,
    attributes: { perm: [0, 3, 1, 2] },
  });
  return graph.node('AveragePool', [channelsFirst], {
    name: `${name}_float`,
    attributes: poolingAttributes(pooling),
  });
}
