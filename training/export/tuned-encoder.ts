// An encoder with the weights of tuned blocks in their places.
import type { Layer, LayersModel, Weight } from '@caption-queue/model/layers-model/layers-model';
import { TrainingError } from '../failure.ts';
import { float16Weight } from './store-model.ts';

/**
 * Batch normalisation was folded into the tuned weights, so the layer that follows a tuned convolution is left
 * with adding the bias. Kernels are stored as float16, and so quantised afresh for the int8 graph.
 * @param values `<convolution>/kernel` and `<convolution>/bias`; other names are ignored
 * @throws TrainingError when a tuned convolution has no place for a bias
 */
export function tunedEncoder(
  encoder: LayersModel,
  values: ReadonlyMap<string, Float32Array>,
): LayersModel {
  const weights = new Map(encoder.weights);
  for (const layer of encoder.layers) {
    const kernel = values.get(`${layer.name}/kernel`);
    const bias = values.get(`${layer.name}/bias`);
    if (layer.className !== 'Conv2D' || !kernel || !bias) continue;
    const { shape } = weights.get(`${layer.name}/kernel`) as Weight;
    weights.set(`${layer.name}/kernel`, float16Weight(shape, kernel));
    const normalisation = encoder.layers.find(
      ({ className, inputs }) =>
        className === 'BatchNormalization' && inputs[0]?.[0] === layer.name,
    );
    if (normalisation) {
      for (const [name, weight] of weightsOfBias(normalisation, bias)) weights.set(name, weight);
    }
    if (layer.config.use_bias) {
      // The folded bias lies in the normalisation, where there is one.
      const own = normalisation ? new Float32Array(bias.length) : bias;
      weights.set(`${layer.name}/bias`, floats(own));
    } else if (!normalisation) {
      throw new TrainingError(`${layer.name} has no bias, nor a normalisation that could hold it.`);
    }
  }
  return { ...encoder, weights };
}

/** Weights with which a batch normalisation only adds the bias. */
function weightsOfBias({ name, config }: Layer, bias: Float32Array): Map<string, Weight> {
  const constant = (value: number) => floats(new Float32Array(bias.length).fill(value));
  const weights = new Map([
    [`${name}/beta`, floats(bias)],
    [`${name}/moving_mean`, constant(0)],
    [`${name}/moving_variance`, constant(1 - (config.epsilon as number))],
  ]);
  return config.scale === false ? weights : weights.set(`${name}/gamma`, constant(1));
}

const floats = (data: Float32Array): Weight => ({ shape: [data.length], dtype: 'float32', data });
