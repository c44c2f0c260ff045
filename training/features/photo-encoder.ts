// Photos to features to train on, by the int8 graph that serving runs.
import { GRID_CELLS, IMAGE_SIZE } from '@caption-queue/contract/bundle';
import { pooledOf } from '@caption-queue/model/encoder';
import { buildInt8Encoder } from '@caption-queue/model/engines/onnx/encoder-graph';
import { createOnnxGraph } from '@caption-queue/model/engines/onnx/onnx-engine';
import { gridOf } from '@caption-queue/model/features';
import { toFloat16Bits } from '@caption-queue/model/float16';
import {
  type ConvolutionPlan,
  planConvolutions,
} from '@caption-queue/model/layers-model/convolution-plan';
import type { EncoderSource } from '../encoder-source.ts';
import { TrainingError } from '../failure.ts';
import type { FeatureFile } from './feature-file.ts';

/** The encoder as it makes features to train on: of its output, or of an inner layer. */
export interface PhotoEncoder {
  readonly graphHash: string;
  readonly precision: string;
  /** Whose grid is kept. */
  readonly layer: string;
  /** Of the layer. */
  readonly channels: number;
  /** Whether the encoder's pooled output comes with each grid, as it does with an inner layer's. */
  readonly hasPooled: boolean;
  /** @param pixels 299 × 299 RGB */
  encode(pixels: Uint8Array): Promise<PhotoFeatures>;
}

/** float16 bits */
export interface PhotoFeatures {
  /** `[64, channels]` */
  grid: Uint16Array;
  /** The encoder's pooled output `[2048]`, where the layer is an inner one. */
  pooled?: Uint16Array;
}

/**
 * The int8 graph that serving runs, so that training sees what serving will see.
 * @param layer whose grid is wanted; default: the encoder's output
 * @param threads inside one operation
 * @throws TrainingError when the encoder has no such layer, or its grid is not 8 × 8
 */
export async function loadPhotoEncoder(
  source: EncoderSource,
  { layer, threads }: { layer?: string | undefined; threads: number },
): Promise<PhotoEncoder & { dispose(): Promise<void> }> {
  const model = await source.loadModel('encoder');
  const plan = planConvolutions(model);
  const wanted = planConvolutions(model, layer);
  const isInner = wanted.output !== plan.output;
  const graph = await createOnnxGraph(
    buildInt8Encoder(
      plan,
      await source.loadActivationRanges(),
      isInner ? wanted.output : undefined,
    ),
    { threads, precision: 'int8', exact: true },
  );
  const channels = channelsOf(wanted, wanted.output);
  return {
    graphHash: graph.hash,
    precision: graph.precision,
    layer: layer ?? plan.output,
    channels,
    hasPooled: isInner,
    dispose: () => graph.dispose(),
    async encode(pixels) {
      const outputs = await graph.run({
        pixels: { data: pixels, shape: [1, IMAGE_SIZE, IMAGE_SIZE, 3] },
      });
      const grid = isInner ? (outputs[wanted.output] as Float32Array) : gridOf(outputs);
      if (grid.length !== GRID_CELLS * channels) {
        throw new TrainingError(
          `The grid of ${wanted.output} is not 8 × 8; features can be kept of layers from mixed8 on.`,
        );
      }
      return {
        grid: toFloat16Bits(grid),
        ...(isInner && { pooled: toFloat16Bits(pooledOf(gridOf(outputs))) }),
      };
    },
  };
}

/**
 * What is trained above a layer fits only the encoder that its grids came from.
 * @param advice what to do about it otherwise
 * @throws TrainingError when the features are another encoder's
 */
export async function checkMadeBy(
  source: EncoderSource,
  { index: { layer, graphHash } }: FeatureFile,
  advice = 'name theirs with --encoder',
): Promise<void> {
  const encoder = await loadPhotoEncoder(source, { layer, threads: 1 });
  await encoder.dispose();
  if (encoder.graphHash === graphHash) return;
  throw new TrainingError(`The features of ${layer} were made with another encoder; ${advice}.`);
}

/** Channels of a step's output, or of the plan's input. */
function channelsOf(plan: ConvolutionPlan, name: string): number {
  const step = plan.steps.find((candidate) => candidate.name === name);
  if (!step) return 3;
  switch (step.kind) {
    case 'convolution':
      return step.kernelShape[3];
    case 'concatenation':
      return step.inputs.reduce((sum, input) => sum + channelsOf(plan, input), 0);
    default:
      return channelsOf(plan, step.input);
  }
}
