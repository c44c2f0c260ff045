// Sizes, strides and padding of convolutions and poolings, as ONNX writes them.
import type { Convolution, Pooling } from '../../layers-model/convolution-plan.ts';
import type { Attribute } from './model.ts';

export function convolutionAttributes(step: Convolution): Record<string, Attribute> {
  return windowAttributes(step, step.kernelShape.slice(0, 2) as [number, number]);
}

export function poolingAttributes(step: Pooling): Record<string, Attribute> {
  return windowAttributes(step, step.size);
}

/** TensorFlow's `same` puts the odd pixel of padding at the end, which ONNX calls SAME_UPPER. */
function windowAttributes(
  step: Convolution | Pooling,
  size: [number, number],
): Record<string, Attribute> {
  return {
    kernel_shape: size,
    strides: step.strides,
    auto_pad: step.padding === 'same' ? 'SAME_UPPER' : 'VALID',
  };
}
