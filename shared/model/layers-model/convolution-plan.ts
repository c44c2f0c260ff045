// A convolutional layers model (InceptionV3) reduced to what both ONNX graphs and the tuned blocks of training are built of:
// convolutions with batch normalisation and ReLU folded in, poolings and concatenations.
import { type Layer, type LayersModel, LayersModelError, type Weight } from './layers-model.ts';
import { weightValues } from './weights.ts';

export interface Convolution {
  kind: 'convolution';
  /** The Conv2D layer's name, under which activation ranges are listed. */
  name: string;
  input: string;
  /** `[height, width, channels in, channels out]`, batch normalisation folded in. */
  kernelShape: [number, number, number, number];
  kernel: Float32Array;
  /** The stored 8-bit kernel, when folding left its values as they were. */
  storedKernel: Extract<Weight, { dtype: 'uint8' }> | undefined;
  bias: Float32Array;
  strides: [number, number];
  padding: 'same' | 'valid';
  relu: boolean;
}

export interface Pooling {
  kind: 'max-pooling' | 'average-pooling';
  name: string;
  input: string;
  size: [number, number];
  strides: [number, number];
  padding: 'same' | 'valid';
}

export interface Concatenation {
  kind: 'concatenation';
  name: string;
  inputs: string[];
}

export type ConvolutionStep = Convolution | Pooling | Concatenation;

export interface ConvolutionPlan {
  input: string;
  output: string;
  steps: ConvolutionStep[];
}

/** Names of the steps (or of the plan's input) that a step reads. */
export function inputsOf(step: ConvolutionStep): string[] {
  return step.kind === 'concatenation' ? step.inputs : [step.input];
}

/** A scale this near to 1 leaves an 8-bit kernel as it is: the error is far below half a step. */
const NEUTRAL_SCALE_TOLERANCE = 1e-5;

/**
 * Folds `Conv2D → BatchNormalization → Activation(relu)` into single steps, up to `outputLayer`
 * (default: the model's own output).
 * @throws LayersModelError at a layer kind that InceptionV3 does not have.
 */
export function planConvolutions(model: LayersModel, outputLayer?: string): ConvolutionPlan {
  /** Layer name → the step whose result it is: folded layers point at their convolution. */
  const resultOf = new Map<string, string>();
  const steps = new Map<string, ConvolutionStep>();
  let input = '';
  for (const layer of model.layers) {
    const sources = layer.inputs.map(([name]) => resultOf.get(name) as string);
    const source = sources[0] as string;
    resultOf.set(layer.name, layer.name);
    switch (layer.className) {
      case 'InputLayer':
        input = layer.name;
        break;
      case 'Conv2D':
        steps.set(layer.name, convolutionOf(layer, source, model.weights));
        break;
      case 'BatchNormalization':
        foldBatchNormalization(layer, convolutionAt(steps, source, layer), model.weights);
        resultOf.set(layer.name, source);
        break;
      case 'Activation':
        if (layer.config.activation !== 'relu') {
          throw new LayersModelError(`Layer ${layer.name}: only relu can be folded.`);
        }
        convolutionAt(steps, source, layer).relu = true;
        resultOf.set(layer.name, source);
        break;
      case 'MaxPooling2D':
      case 'AveragePooling2D':
        steps.set(layer.name, poolingOf(layer, source));
        break;
      case 'Concatenate':
        steps.set(layer.name, { kind: 'concatenation', name: layer.name, inputs: sources });
        break;
      default:
        throw new LayersModelError(
          `Layer ${layer.name} is a ${layer.className}, unknown to the encoder.`,
        );
    }
  }
  const output = resultOf.get(outputLayer ?? (model.outputs[0]?.[0] as string));
  if (output === undefined) throw new LayersModelError(`The encoder has no layer ${outputLayer}.`);
  return { input, output, steps: neededFor(output, steps) };
}

function convolutionAt(
  steps: Map<string, ConvolutionStep>,
  name: string,
  layer: Layer,
): Convolution {
  const step = steps.get(name);
  if (step?.kind !== 'convolution') {
    throw new LayersModelError(`Layer ${layer.name} does not follow a convolution.`);
  }
  return step;
}

function convolutionOf(layer: Layer, input: string, weights: Map<string, Weight>): Convolution {
  const kernel = weightAt(weights, `${layer.name}/kernel`);
  const shape = kernel.shape as Convolution['kernelShape'];
  const bias = weights.get(`${layer.name}/bias`);
  return {
    kind: 'convolution',
    name: layer.name,
    input,
    kernelShape: shape,
    kernel: weightValues(kernel),
    storedKernel: kernel.dtype === 'uint8' ? kernel : undefined,
    bias: bias ? weightValues(bias).slice() : new Float32Array(shape[3]),
    strides: layer.config.strides as [number, number],
    padding: layer.config.padding as 'same' | 'valid',
    relu: layer.config.activation === 'relu',
  };
}

/** y = gamma · (x − mean) ÷ √(variance + epsilon) + beta, per output channel. */
function foldBatchNormalization(
  layer: Layer,
  into: Convolution,
  weights: Map<string, Weight>,
): void {
  const part = (name: string) => {
    const weight = weights.get(`${layer.name}/${name}`);
    return weight && weightValues(weight);
  };
  const variance = weightValues(weightAt(weights, `${layer.name}/moving_variance`));
  const mean = weightValues(weightAt(weights, `${layer.name}/moving_mean`));
  const gamma = part('gamma');
  const beta = part('beta');
  const epsilon = layer.config.epsilon as number;
  const scale = variance.map((v, i) => (gamma?.[i] ?? 1) / Math.sqrt(v + epsilon));
  for (let i = 0; i < into.bias.length; i++) {
    into.bias[i] =
      ((into.bias[i] as number) - (mean[i] as number)) * (scale[i] as number) + (beta?.[i] ?? 0);
  }
  if (scale.every((s) => Math.abs(s - 1) < NEUTRAL_SCALE_TOLERANCE)) return;
  into.storedKernel = undefined;
  into.kernel = into.kernel.map((w, i) => w * (scale[i % scale.length] as number));
}

function poolingOf(layer: Layer, input: string): Pooling {
  return {
    kind: layer.className === 'MaxPooling2D' ? 'max-pooling' : 'average-pooling',
    name: layer.name,
    input,
    size: layer.config.pool_size as [number, number],
    strides: layer.config.strides as [number, number],
    padding: layer.config.padding as 'same' | 'valid',
  };
}

function weightAt(weights: Map<string, Weight>, name: string): Weight {
  const weight = weights.get(name);
  if (!weight) throw new LayersModelError(`The weight ${name} is missing.`);
  return weight;
}

/** The steps that `output` depends on, in order. */
function neededFor(output: string, steps: Map<string, ConvolutionStep>): ConvolutionStep[] {
  const needed = new Set<string>([output]);
  const ordered = [...steps.values()];
  for (const step of ordered.toReversed()) {
    if (!needed.has(step.name)) continue;
    for (const input of inputsOf(step)) needed.add(input);
  }
  return ordered.filter((step) => needed.has(step.name));
}
