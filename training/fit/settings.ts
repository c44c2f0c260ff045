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
  seed: number;
}

export function buildNetwork(
  tf: TensorFlow,
  { decoder, sizes, dropout }: Pick<FitSettings, 'decoder' | 'sizes' | 'dropout'>,
): Network {
  return decoder === 'attention'
    ? buildAttentionNetwork(tf, { ...sizes, dropout })
    : buildMergeNetwork(tf, { ...sizes, dropout });
}
