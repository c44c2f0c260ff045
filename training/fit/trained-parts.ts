// What a run trains and what it trains with: network, encoder blocks, optimizer, averages.
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import { findEncoder } from '../encoder-source.ts';
import type { FeatureFile } from '../features/feature-file.ts';
import { checkMadeBy } from '../features/photo-encoder.ts';
import { type Averages, createAverages } from './averages.ts';
import type { Checkpoint } from './checkpoint.ts';
import { createDistillation, type Distillation } from './distillation.ts';
import { buildEncoderBlocks, type EncoderBlocks } from './encoder-blocks.ts';
import type { Network } from './network.ts';
import { createOptimizer, type Optimizer } from './optimizer.ts';
import { buildNetwork, type FitSettings } from './settings.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';
import { createWeights, initialValues, type Weights } from './weights.ts';

/** What tuning starts from. */
export interface TunedEncoder {
  model: LayersModel;
  /** Reads its pooled output. */
  classifier: LayersModel;
}

/** @param encoder a bundle or folder @throws TrainingError when the features are another encoder's */
export async function loadTunedEncoder(
  encoder: string,
  features: FeatureFile,
): Promise<TunedEncoder> {
  const source = await findEncoder(encoder);
  await checkMadeBy(source, features);
  return {
    model: await source.loadModel('encoder'),
    classifier: await source.loadModel('classifier'),
  };
}

export interface TrainedParts {
  network: Network;
  /** The encoder's blocks that are trained along. */
  blocks?: EncoderBlocks | undefined;
  divergence?: Distillation | undefined;
  /** Of the network and of the blocks. */
  weights: Weights;
  optimizer: Optimizer;
  averages?: Averages | undefined;
  settings: FitSettings;
}

/**
 * @param checkpoint of this run, when it goes on
 * @param initial weights to begin with, by name; what is missing begins at random
 * @param encoder wanted by `settings.tuning`
 */
export function createParts(
  tf: TensorFlow,
  {
    settings,
    checkpoint,
    initial,
    encoder,
  }: {
    settings: FitSettings;
    checkpoint?: Checkpoint | undefined;
    initial?: ReadonlyMap<string, Float32Array> | undefined;
    encoder?: TunedEncoder | undefined;
  },
): TrainedParts & { dispose(): void } {
  const { tuning, averaging, clipNorm, decay } = settings;
  const network = buildNetwork(tf, settings);
  const tuned = tuning && encoder;
  const blocks = tuned && buildEncoderBlocks(tf, tuned.model, tuning.layer);
  const descriptions = [...network.weights, ...(blocks?.weights ?? [])];
  const values = new Map([
    ...initialValues(network.weights, settings.seed),
    ...(blocks?.values ?? []),
    ...(initial ?? []),
    ...(checkpoint?.values ?? []),
  ]);
  const weights = createWeights(tf, descriptions, values);
  const restored = checkpoint?.values;
  const optimizer = createOptimizer(tf, { weights, clipNorm, decay, restored });
  const averages =
    averaging > 0 ? createAverages(tf, { weights, decay: averaging, restored }) : undefined;
  const distillation =
    tuned && tuning.distillation > 0 ? createDistillation(tf, tuned.classifier) : undefined;
  return {
    network,
    blocks,
    divergence: distillation?.divergence,
    weights,
    optimizer,
    averages,
    settings,
    dispose() {
      optimizer.dispose();
      averages?.dispose();
      distillation?.dispose();
      tf.dispose([...weights.values()]);
    },
  };
}

/** What is scored and exported. */
export const keptWeights = ({ averages, weights }: TrainedParts): Weights =>
  averages?.weights ?? weights;

/**
 * A loss, with what keeps the classifier right where blocks are tuned with distillation.
 * @param features the tuned encoder's grids `[B, 64, 2048]`
 * @param untuned the untuned encoder's pooled output `[B, 2048]`
 */
export function withDistillation(
  { divergence, settings: { tuning } }: TrainedParts,
  { loss, features, untuned }: { loss: Tensor; features: Tensor; untuned: Tensor | undefined },
): Tensor {
  if (!divergence || !untuned || !tuning) return loss;
  return loss.add(divergence({ tuned: features.mean(1), untuned }).mul(tuning.distillation));
}
