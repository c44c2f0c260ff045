// A Keras InceptionV3 file, with or without its top, as the encoder (and the classifier) of a bundle.

import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import type { Layer, LayersModel, Weight } from '@caption-queue/model/layers-model/layers-model';
import { input, layer, outputOf } from '../decoders/topology.ts';
import { TrainingError } from '../failure.ts';
import { INCEPTION_INPUT, INCEPTION_OUTPUT, inceptionLayers } from './inception-v3.ts';
import type { KerasFile, KerasLayerWeights, KerasTensor } from './keras-file.ts';
import { inLoadingOrder } from './loading-order.ts';
import { createWeightQueue } from './weight-queue.ts';

export interface ImportedEncoder {
  /** InceptionV3 up to `mixed10`. */
  encoder: LayersModel;
  /** The top, when the file has one: pooled features → probabilities of its classes. */
  classifier?: LayersModel;
  /** Layers of the file, above `mixed10`, that a bundle has no place for. */
  leftOut: string[];
}

const weighted = new Set(['Conv2D', 'BatchNormalization']);

/**
 * Widths are the file's own; what must fit is each layer's kind, window and place.
 * @throws TrainingError that names the first layer that is not InceptionV3's
 */
export function importEncoder(file: KerasFile): ImportedEncoder {
  const layers = inceptionLayers();
  const queue = createWeightQueue(file);
  const stored = new Map<string, KerasLayerWeights | undefined>();
  for (const { name, className } of inLoadingOrder(layers, INCEPTION_OUTPUT)) {
    if (weighted.has(className)) stored.set(name, queue.take(className));
  }
  const weights = new Map<string, Weight>();
  const channels = new Map([[INCEPTION_INPUT, 3]]);
  for (const own of layers.slice(1)) {
    const entering = own.inputs.reduce((sum, [name]) => sum + (channels.get(name) as number), 0);
    const leaving = weighted.has(own.className)
      ? addWeights(weights, { own, entering, found: stored.get(own.name), path: file.path })
      : entering;
    channels.set(own.name, leaving);
  }
  const features = channels.get(INCEPTION_OUTPUT);
  if (features !== FEATURE_SIZE) {
    throw new TrainingError(
      `The InceptionV3 in ${file.path} gives ${features} features; ${FEATURE_SIZE} are needed.`,
    );
  }
  const encoder: LayersModel = {
    name: 'inception_v3',
    layers,
    inputs: [outputOf(INCEPTION_INPUT)],
    outputs: [outputOf(INCEPTION_OUTPUT)],
    weights,
  };
  return { encoder, ...classifierOf(queue.rest()) };
}

/** @returns how many channels leave the layer */
function addWeights(
  weights: Map<string, Weight>,
  {
    own,
    entering,
    found,
    path,
  }: { own: Layer; entering: number; found: KerasLayerWeights | undefined; path: string },
): number {
  if (!found) {
    throw new TrainingError(
      `${path} ends where InceptionV3 has its layer ${own.name}: it is another architecture.`,
    );
  }
  const shapes = found.tensors.map(({ shape }) => shape.join(' × '));
  const is = shapes.length > 4 ? `${shapes.length} weights` : shapes.join(' and ');
  if (own.className === 'Conv2D') {
    const [kernel] = found.tensors as [KerasTensor];
    const window = own.config.kernel_size as [number, number];
    const filters = kernel.shape[3];
    const wanted = [...window, entering, filters].join(' × ');
    if (shapes.length !== 1 || filters === undefined || shapes[0] !== wanted) {
      throw new TrainingError(
        `The layer ${found.name} of ${path} is ${is}; InceptionV3 has a convolution of ${[...window, entering].join(' × ')} there. It is another architecture.`,
      );
    }
    own.config.filters = filters;
    weights.set(`${own.name}/kernel`, asTheyAre(kernel));
    return filters;
  }
  const names = ['beta', 'moving_mean', 'moving_variance'];
  if (shapes.join() !== names.map(() => String(entering)).join()) {
    throw new TrainingError(
      `The layer ${found.name} of ${path} is ${is}; InceptionV3 has a normalisation of ${entering} channels there, without scale. It is another architecture.`,
    );
  }
  names.forEach((name, i) => {
    weights.set(`${own.name}/${name}`, asTheyAre(found.tensors[i] as KerasTensor));
  });
  return entering;
}

/** Only these classes have names here. */
const IMAGENET_CLASSES = 1000;

/** A single layer of ImageNet's classes is the classifier; anything else is left out. */
function classifierOf(above: KerasLayerWeights[]): Omit<ImportedEncoder, 'encoder'> {
  const [kernel, bias] = above[0]?.tensors ?? [];
  const isTop = String(kernel?.shape) === String([FEATURE_SIZE, IMAGENET_CLASSES]);
  if (above.length !== 1 || !isTop || !kernel || !bias) {
    return { leftOut: above.map(({ name }) => name) };
  }
  const predictions = { from: ['pooled'], units: IMAGENET_CLASSES, activation: 'softmax' };
  const classifier: LayersModel = {
    name: 'classifier',
    layers: [input('pooled', [FEATURE_SIZE]), layer('Dense', 'predictions', predictions)],
    inputs: [outputOf('pooled')],
    outputs: [outputOf('predictions')],
    weights: new Map([
      ['predictions/kernel', asTheyAre(kernel)],
      ['predictions/bias', asTheyAre(bias)],
    ]),
  };
  return { classifier, leftOut: [] };
}

/** float16 would do for most networks, but not for all. */
function asTheyAre(tensor: KerasTensor): Weight {
  return { dtype: 'float32', ...tensor };
}
