// InceptionV3 as keras-applications builds it, up to `mixed10`: which layer follows which, without widths
// and weights. A file of weights alone doesn't say so, and the numbers in its layer names depend on what
// else the session had built.
// Szegedy et al. 2015, "Rethinking the Inception Architecture for Computer Vision".

import { IMAGE_SIZE } from '@caption-queue/contract/bundle';
import type { Layer } from '@caption-queue/model/layers-model/layers-model';
import { input, layer } from '../decoders/topology.ts';

/** A convolution (`7x1`; `/2`: stride 2, like `!` without padding), a pooling, or a fork whose ends are joined. */
type Step =
  | `${number}x${number}${'' | '/2' | '!'}`
  | 'max'
  | 'average'
  | { fork: Step[]; name: string };

interface Block {
  name: string;
  branches: Step[][];
}

const stem: Step[] = ['3x3/2', '3x3!', '3x3', 'max', '1x1!', '3x3!', 'max'];

const blocks: Block[] = [
  ...[0, 1, 2].map((index) => ({
    name: `mixed${index}`,
    branches: [['1x1'], ['1x1', '5x5'], ['1x1', '3x3', '3x3'], ['average', '1x1']] as Step[][],
  })),
  { name: 'mixed3', branches: [['3x3/2'], ['1x1', '3x3', '3x3/2'], ['max']] },
  ...[4, 5, 6, 7].map((index) => ({
    name: `mixed${index}`,
    branches: [
      ['1x1'],
      ['1x1', '1x7', '7x1'],
      ['1x1', '7x1', '1x7', '7x1', '1x7'],
      ['average', '1x1'],
    ] as Step[][],
  })),
  { name: 'mixed8', branches: [['1x1', '3x3/2'], ['1x1', '1x7', '7x1', '3x3/2'], ['max']] },
  ...[0, 1].map((index) => ({
    name: `mixed${9 + index}`,
    branches: [
      ['1x1'],
      ['1x1', { fork: ['1x3', '3x1'], name: `mixed9_${index}` }],
      ['1x1', '3x3', { fork: ['1x3', '3x1'], name: `concatenate_${index + 1}` }],
      ['average', '1x1'],
    ] as Step[][],
  })),
];

export const INCEPTION_INPUT = 'input_1';
export const INCEPTION_OUTPUT = 'mixed10';

/**
 * The layers in the order in which Keras creates them, named as in a fresh session, counted from 1:
 * `conv2d_1`, `batch_normalization_1`, `activation_1` … `mixed10`. Convolutions lack `filters`.
 */
export function inceptionLayers(): Layer[] {
  const layers: Layer[] = [input(INCEPTION_INPUT, [IMAGE_SIZE, IMAGE_SIZE, 3])];
  const counts: Record<string, number> = {};
  const add = (className: string, kind: string, options: Parameters<typeof layer>[2]) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    const name = `${kind}_${counts[kind]}`;
    layers.push(layer(className, name, options));
    return name;
  };
  const join = (name: string, from: string[]) => {
    layers.push(layer('Concatenate', name, { from, axis: 3 }));
    return name;
  };
  const convolution = (step: string, from: string) => {
    const [, height, width, mark] = /^(\d+)x(\d+)(.*)$/.exec(step) as RegExpExecArray;
    const stride = mark === '/2' ? 2 : 1;
    const sum = add('Conv2D', 'conv2d', {
      from: [from],
      kernel_size: [Number(height), Number(width)],
      strides: [stride, stride],
      padding: mark ? 'valid' : 'same',
      use_bias: false,
    });
    const normalised = add('BatchNormalization', 'batch_normalization', {
      from: [sum],
      axis: 3,
      epsilon: 0.001,
      scale: false,
    });
    return add('Activation', 'activation', { from: [normalised], activation: 'relu' });
  };
  const follow = (from: string, step: Step): string => {
    const window = { from: [from], pool_size: [3, 3] };
    if (step === 'max') {
      const max = { ...window, strides: [2, 2], padding: 'valid' };
      return add('MaxPooling2D', 'max_pooling2d', max);
    }
    if (step === 'average') {
      const average = { ...window, strides: [1, 1], padding: 'same' };
      return add('AveragePooling2D', 'average_pooling2d', average);
    }
    if (typeof step === 'string') return convolution(step, from);
    return join(
      step.name,
      step.fork.map((end) => follow(from, end)),
    );
  };
  let last = stem.reduce(follow, INCEPTION_INPUT);
  for (const { name, branches } of blocks) {
    const from = last;
    last = join(
      name,
      branches.map((branch) => branch.reduce(follow, from)),
    );
  }
  return layers;
}
