// One step of training: forward, loss, backward, update.
import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import type { CaptionBatch } from './batches.ts';
import { createDropout } from './dropout.ts';
import { smoothedCrossEntropy } from './loss.ts';
import type { Network } from './network.ts';
import type { Optimizer } from './optimizer.ts';
import { oneCycleRate } from './schedule.ts';
import type { FitSettings } from './settings.ts';
import { sequenceLogits } from './teacher-forcing.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';
import type { Weights } from './weights.ts';

export interface StepResult {
  /** Mean over the batch's words, with label smoothing. */
  loss: number;
  /** Of the gradients, before clipping. */
  gradientNorm: number;
  rate: number;
}

export interface StepRequest {
  batch: CaptionBatch;
  /** `[B, 64, 2048]` */
  grids: Float32Array;
  /** Counted from 1 over the whole run. */
  step: number;
  totalSteps: number;
}

/** Leaves no tensor behind but the updated variables. */
export function trainStep(
  tf: TensorFlow,
  { network, weights, optimizer, settings }: TrainedParts,
  { batch, grids, step, totalSteps }: StepRequest,
): StepResult {
  const { labelSmoothing: smoothing, seed, dropout: dropoutRate } = settings;
  const rate = oneCycleRate((step - 1) / totalSteps, settings.rate);
  const dropout = createDropout(tf, { rate: dropoutRate, seeds: [seed, step] });
  return tf.tidy(() => {
    const input = tf.tensor(grids, [batch.photos.length, GRID_CELLS, FEATURE_SIZE]);
    const targets = tf.tensor1d(batch.targets, 'int32');
    const counts = tf.tensor1d(batch.counts);
    const loss = () =>
      smoothedCrossEntropy(tf, {
        logits: sequenceLogits(tf, { network, weights, batch, grids: input, dropout }),
        targets,
        counts,
        smoothing,
      });
    const { value, grads } = tf.variableGrads(loss as never, [...weights.values()]);
    const byName: Record<string, Tensor> = {};
    for (const [name, variable] of weights) byName[name] = grads[variable.name] as Tensor;
    const norm = optimizer.update(byName, { step, rate });
    return {
      loss: value.dataSync()[0] as number,
      gradientNorm: norm.dataSync()[0] as number,
      rate,
    };
  });
}

export interface TrainedParts {
  network: Network;
  weights: Weights;
  optimizer: Optimizer;
  settings: FitSettings;
}
