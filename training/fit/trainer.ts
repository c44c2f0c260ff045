// One step of training: forward, loss, backward, update.
import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import type { CaptionBatch } from './batches.ts';
import { createDropout } from './dropout.ts';
import { smoothedCrossEntropy } from './loss.ts';
import { fallingRate, oneCycleRate } from './schedule.ts';
import { withOwnWords } from './scheduled-sampling.ts';
import type { FitSettings } from './settings.ts';
import { sequenceLogits } from './teacher-forcing.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';
import { type TrainedParts, withDistillation } from './trained-parts.ts';

export interface StepResult {
  /** Mean over the batch's words, with label smoothing. */
  loss: number;
  /** Of the gradients, before clipping. */
  gradientNorm: number;
  rate: number;
  /** Of self-critical training: mean CIDEr-D of the captions drawn. */
  reward?: number;
}

export interface StepRequest {
  batch: CaptionBatch;
  /** `[B, 64, channels]` */
  grids: Float32Array;
  /** The untuned encoder's pooled output `[B, 2048]`, where it is tuned with distillation. */
  untuned?: Float32Array | undefined;
  /** Counted from 1 over the whole run. */
  step: number;
  totalSteps: number;
}

/** One update of the weights with the gradients of a loss. Leaves no tensor behind. */
export function descend(
  tf: TensorFlow,
  { blocks, weights, optimizer, averages, settings }: TrainedParts,
  { loss, step, totalSteps }: { loss: () => Tensor; step: number; totalSteps: number },
): StepResult {
  const rateOf = learningRates(settings, (step - 1) / totalSteps);
  const isOfBlocks = (name: string) => blocks?.values.has(name) === true;
  const trained = [...weights].filter(([name]) => rateOf.blocks > 0 || !isOfBlocks(name));
  const result = tf.tidy(() => {
    const variables = trained.map(([, variable]) => variable);
    const { value, grads } = tf.variableGrads(loss as never, variables);
    const gradients = Object.fromEntries(
      trained.map(([name, variable]) => [name, grads[variable.name] as Tensor]),
    );
    const norm = optimizer.update(gradients, {
      step,
      rateOf: (name) => (isOfBlocks(name) ? rateOf.blocks : rateOf.decoder),
    });
    return {
      loss: value.dataSync()[0] as number,
      gradientNorm: norm.dataSync()[0] as number,
      rate: rateOf.decoder,
    };
  });
  averages?.update(step);
  return result;
}

function learningRates({ rate, tuning, selfCritical }: FitSettings, progress: number) {
  const rateAt = selfCritical ? fallingRate : oneCycleRate;
  return { decoder: rateAt(progress, rate), blocks: rateAt(progress, tuning?.rate ?? 0) };
}

/** A step of teacher forcing: the words that people wrote become likelier. */
export function trainStep(
  tf: TensorFlow,
  parts: TrainedParts,
  { batch: written, grids, untuned, step, totalSteps }: StepRequest,
): StepResult {
  const { network, blocks, weights, settings } = parts;
  const { labelSmoothing: smoothing, seed, dropout: dropoutRate } = settings;
  const dropout = createDropout(tf, { rate: dropoutRate, seeds: [seed, step] });
  return tf.tidy(() => {
    const photos = written.photos.length;
    const input = tf.tensor(grids, [photos, GRID_CELLS, grids.length / photos / GRID_CELLS]);
    const { scheduledSampling: share = 0 } = settings;
    const own = { network, weights, share, seeds: [seed, step] };
    const batch =
      share > 0
        ? withOwnWords(tf, {
            ...own,
            batch: written,
            grids: blocks?.grids(weights, input) ?? input,
          })
        : written;
    const targets = tf.tensor1d(batch.targets, 'int32');
    const mean = tf.tensor1d(batch.counts).div(batch.words);
    const untunedPooled = untuned && tf.tensor2d(untuned, [photos, FEATURE_SIZE]);
    const loss = () => {
      const features = blocks ? blocks.grids(weights, input) : input;
      const logits = sequenceLogits(tf, { network, weights, batch, grids: features, dropout });
      const words = smoothedCrossEntropy(tf, { logits, targets, weights: mean, smoothing });
      return withDistillation(parts, { loss: words, features, untuned: untunedPooled });
    };
    return descend(tf, parts, { loss, step, totalSteps }) as never;
  }) as StepResult;
}
