// A small random bundle: every part of a real one, but a few thousand weights, so tests are fast.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  FEATURE_SIZE,
  IMAGE_SIZE,
  PIXELS_BYTES,
  PREPROCESSING_VERSION,
} from '@caption-queue/contract/bundle';
import { loadBundle } from '@caption-queue/model/bundle';
import { runEncoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { gridOf } from '@caption-queue/model/features';
import type { LayersModel, Weight } from '@caption-queue/model/layers-model/layers-model';
import { createVocabulary } from '@caption-queue/model/vocabulary';
import { attentionTopology } from '@caption-queue/training/decoders/attention';
import { mergeTopology } from '@caption-queue/training/decoders/merge';
import {
  input,
  layer,
  type ModelTopology,
  outputOf,
} from '@caption-queue/training/decoders/topology';
import { sealBundle } from '@caption-queue/training/export/seal-bundle';
import { float16Weight, saveLayersModel } from '@caption-queue/training/export/store-model';
import { writeProbe } from '@caption-queue/training/export/write-probe';
import { createRandom, type Random } from '../numbers/random.ts';

const words =
  'a an the dog cat man woman child runs sits jumps on in over under green red big small water grass field street ball'.split(
    ' ',
  );
const vocabulary = createVocabulary(words);
const vocabularySize = vocabulary.size;

/** Writes the bundle into `directory` and answers it. Another `seed` gives other weights. */
export async function writeTinyBundle({
  directory,
  kind = 'attention',
  seed = 1,
  name = 'tiny',
}: {
  directory: string;
  kind?: 'attention' | 'merge';
  seed?: number;
  name?: string;
}) {
  const random = createRandom(seed);
  const json = async (path: string, value: unknown) => {
    await mkdir(join(directory, path, '..'), { recursive: true });
    await writeFile(join(directory, path), JSON.stringify(value));
  };
  const sizes = { vocabularySize, embeddingSize: 12, units: 16, dropout: 0.5 };
  const decoder =
    kind === 'attention'
      ? attentionTopology({ ...sizes, annotationSize: 20, attentionSize: 10 })
      : mergeTopology(sizes);
  await saveLayersModel(tinyEncoder(random), join(directory, 'encoder'));
  await saveLayersModel(withRandomWeights(decoder.start, random), join(directory, 'decoder/start'));
  await saveLayersModel(withRandomWeights(decoder.step, random), join(directory, 'decoder/step'));
  await json('vocabulary.json', vocabulary);
  await json('activation-ranges.json', {
    conv2d_1: { scale: 0.02, zeroPoint: 0 },
    conv2d_2: { scale: 0.02, zeroPoint: 0 },
    conv2d_3: { scale: 0.02, zeroPoint: 0 },
  });
  const manifest = {
    name,
    version: String(seed),
    preprocessing: { version: PREPROCESSING_VERSION, imageSize: IMAGE_SIZE, scale: 'x/127.5-1' },
    encoder: { layer: 'activation_3' },
    decoder: { kind },
    generation: { beamWidth: 3, maxLength: 8, lengthPenalty: 0.7 },
    metrics: {},
    provenance: 'Random numbers, for tests.',
    licence: 'Apache-2.0',
  } as const;
  await writeTinyProbe({ directory, random, manifest });
  await sealBundle(directory, manifest);
  return loadBundle(directory);
}

/** Random pixels and the features that the int8 graph makes of them. */
async function writeTinyProbe({
  directory,
  random,
  manifest,
}: {
  directory: string;
  random: Random;
  manifest: Parameters<typeof sealBundle>[1];
}): Promise<void> {
  await sealBundle(directory, manifest);
  const engine = await createEngine('onnx', { threads: 1 });
  const graph = await engine.loadGraph(await loadBundle(directory), 'encoder', 'int8');
  const pixels = Uint8Array.from({ length: PIXELS_BYTES }, () => Math.floor(random() * 256));
  const grid = gridOf(await runEncoder(graph, pixels));
  await graph.dispose();
  await writeProbe(directory, { pixels, grid });
}

/** Three convolutions that take 299 × 299 × 3 to 8 × 8 × 2048. */
function tinyEncoder(random: Random): LayersModel {
  const convolution = (
    index: number,
    { from, filters, size }: { from: string; filters: number; size: number },
  ) => [
    layer('Conv2D', `conv2d_${index}`, {
      from: [from],
      filters,
      kernel_size: [size, size],
      strides: [size, size],
      padding: 'valid',
      use_bias: false,
    }),
    layer('BatchNormalization', `batch_normalization_${index}`, {
      from: [`conv2d_${index}`],
      axis: 3,
      epsilon: 0.001,
      scale: false,
    }),
    layer('Activation', `activation_${index}`, {
      from: [`batch_normalization_${index}`],
      activation: 'relu',
    }),
  ];
  const layers = [
    input('input_1', [IMAGE_SIZE, IMAGE_SIZE, 3]),
    ...convolution(1, { from: 'input_1', filters: 6, size: 7 }),
    ...convolution(2, { from: 'activation_1', filters: 8, size: 5 }),
    ...convolution(3, { from: 'activation_2', filters: FEATURE_SIZE, size: 1 }),
  ];
  const weights = new Map<string, Weight>();
  const convolutions: [number, number[]][] = [
    [1, [7, 7, 3, 6]],
    [2, [5, 5, 6, 8]],
    [3, [1, 1, 8, FEATURE_SIZE]],
  ];
  for (const [index, shape] of convolutions) {
    const channels = shape.at(-1) as number;
    weights.set(`conv2d_${index}/kernel`, randomKernel(shape, random));
    weights.set(`batch_normalization_${index}/beta`, randomWeight([channels], random));
    weights.set(`batch_normalization_${index}/moving_mean`, constant(channels, 0));
    weights.set(`batch_normalization_${index}/moving_variance`, constant(channels, 0.999));
  }
  return {
    name: 'tiny',
    layers,
    inputs: [outputOf('input_1')],
    outputs: [outputOf('activation_3')],
    weights,
  };
}

function constant(size: number, value: number): Weight {
  return { shape: [size], dtype: 'float32', data: new Float32Array(size).fill(value) };
}

/** As stored in a real encoder: uint8, affine. */
function randomKernel(shape: number[], random: Random): Weight {
  const size = shape.reduce((a, b) => a * b, 1);
  const reach = Math.sqrt(6 / (size / (shape.at(-1) as number)));
  const scale = (2 * reach) / 255;
  const data = Uint8Array.from({ length: size }, () => Math.floor(random() * 256));
  return { shape, dtype: 'uint8', data, scale, min: -128 * scale };
}

function randomWeight(shape: number[], random: Random): Weight {
  const size = shape.reduce((a, b) => a * b, 1);
  const reach = shape.length === 1 ? 0.1 : Math.sqrt(12 / (shape[0] as number));
  return float16Weight(
    shape,
    Float32Array.from({ length: size }, () => (random() - 0.5) * 2 * reach),
  );
}

/** Fills a decoder's topology with random weights of the right shapes. */
function withRandomWeights(topology: ModelTopology, random: Random): LayersModel {
  const weights = new Map<string, Weight>();
  const widths = new Map<string, number>();
  for (const { name, className, config, inputs } of topology.layers) {
    const fanIn = inputs.map(
      ([source, , output]) => widths.get(output === 0 ? source : `${source}:0`) as number,
    );
    const width = fanIn[0] as number;
    const units = config.units as number;
    const add = (suffix: string, shape: number[]) =>
      weights.set(`${name}/${suffix}`, randomWeight(shape, random));
    switch (className) {
      case 'InputLayer':
        widths.set(name, (config.batch_input_shape as number[]).at(-1) as number);
        break;
      case 'Embedding':
        add('embeddings', [config.input_dim as number, config.output_dim as number]);
        widths.set(name, config.output_dim as number);
        break;
      case 'Dense':
        add('kernel', [width, units]);
        if (config.use_bias !== false) add('bias', [units]);
        widths.set(name, units);
        break;
      case 'LSTM':
        add('kernel', [width, 4 * units]);
        add('recurrent_kernel', [units, 4 * units]);
        add('bias', [4 * units]);
        widths.set(name, units);
        widths.set(`${name}:0`, units);
        break;
      case 'Concatenate':
        widths.set(
          name,
          fanIn.reduce((a, b) => a + b, 0),
        );
        break;
      case 'Reshape':
        widths.set(name, (config.target_shape as number[]).at(-1) as number);
        break;
      case 'Dot':
        widths.set(name, fanIn[1] as number);
        break;
      default:
        widths.set(name, width);
    }
  }
  return { ...topology, weights };
}
