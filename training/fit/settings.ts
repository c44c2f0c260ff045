// Everything that decides what a training run computes. Stored with its checkpoints: a run is resumed only with
// the settings it began with.
import type { DecoderKind } from '@caption-queue/contract/bundle';
import { buildAttentionNetwork } from './attention-network.ts';
import { buildMergeNetwork } from './merge-network.ts';
import type { Network } from './network.ts';
import type { TensorFlow } from './tensorflow-types.ts';

/** Sizes of a decoder; the last two are the attention decoder's. */
export interface DecoderSizes {
  vocabularySize: number;
  embeddingSize: number;
  units: number;
  annotationSize: number;
  attentionSize: number;
}

export interface FitSettings {
  decoder: DecoderKind;
  sizes: DecoderSizes;
  dropout: number;
  labelSmoothing: number;
  /** Highest learning rate of the cycle. */
  rate: number;
  /** Weight decay of AdamW. */
  decay: number;
  clipNorm: number;
  epochs: number;
  /** Photos; each comes with all its captions. */
  batchSize: number;
  maximumWords: number;
  /** Share of the photos that are seen mirrored. */
  flipShare: number;
  /** Epochs without a better dev CIDEr after which the run ends. */
  patience: number;
  /** Share that the moving average of the weights keeps each step; the averages are what is scored and kept. 0: none. */
  averaging: number;
  /** Share of the words read that are the model's own; absent for none. */
  scheduledSampling?: number;
  /** Absent when only the decoder is trained. */
  tuning?: TuningSettings;
  /** Absent while words are learned from captions alone. */
  selfCritical?: SelfCriticalSettings;
  seed: number;
}

/** Training on the reward of captions that the model draws itself (self-critical.ts). */
export interface SelfCriticalSettings {
  /** Captions drawn of each photo. */
  samples: number;
  /** A word is drawn from this many likeliest ones. */
  candidates: number;
  /** Weight of the cross-entropy of one caption that people wrote, a photo. */
  crossEntropy: number;
  /** Share of values dropped while it learns from them; absent for none. */
  dropout?: number;
}

/** How the encoder's top blocks are trained along. */
export interface TuningSettings {
  /** They lie above this layer. */
  layer: string;
  /** Highest learning rate of their cycle. */
  rate: number;
  /** Weight of the loss that keeps the classifier right (distillation.ts). */
  distillation: number;
}

export function buildNetwork(
  tf: TensorFlow,
  { decoder, sizes, dropout }: Pick<FitSettings, 'decoder' | 'sizes' | 'dropout'>,
): Network {
  return decoder === 'attention'
    ? buildAttentionNetwork(tf, { ...sizes, dropout })
    : buildMergeNetwork(tf, { ...sizes, dropout });
}
