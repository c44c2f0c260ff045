// What the training needs of a decoder: the computation of its exported `start` and `step` models, for whole
// batches of sequences. A test holds both together.

import type { DecoderKind } from '@caption-queue/contract/bundle';
import type { DecoderTopology } from '../decoders/topology.ts';
import type { Tensor } from './tensorflow-types.ts';
import type { WeightDescription, Weights } from './weights.ts';

/** Drops values in training; the identity when a caption is generated. */
export type Dropout = (values: Tensor) => Tensor;
export const noDropout: Dropout = (values) => values;

/**
 * Shapes: `B` photos, `C` captions a photo, `U` units, `E` embedding size, `V` vocabulary size. Rows of
 * `[C·B, …]` are ordered by caption, then photo, so the first captions of all photos are the first rows.
 */
export interface Network {
  readonly kind: DecoderKind;
  readonly units: number;
  readonly vocabularySize: number;
  /** Of the layers models that are exported; weights have the same names. */
  readonly topology: DecoderTopology;
  readonly weights: readonly WeightDescription[];
  /** grids `[B, 64, 2048]` → what each step reads of the photos, and the first state and cell `[B, U]` */
  start(weights: Weights, grids: Tensor, dropout: Dropout): StartedNetwork;
  /** tokens int32 `[N]` → their vectors `[N, E]` */
  words(weights: Weights, tokens: Tensor, dropout: Dropout): Tensor;
  /** words `[N, E]` → their share of the LSTM's gates `[N, 4U]`, bias included: one product for all steps */
  gateInputs(weights: Weights, words: Tensor): Tensor;
  /** One word further, for `C` captions of each photo. */
  step(weights: Weights, input: StepInput): StepOutput;
  /** outputs `[N, …]` of steps, the words `[N, E]` that entered them → logits `[N, V]` */
  logits(weights: Weights, results: { outputs: Tensor; words: Tensor }, dropout: Dropout): Tensor;
}

export interface StartedNetwork {
  pictures: Record<string, Tensor>;
  state: Tensor;
  cell: Tensor;
}

export interface StepInput {
  pictures: Record<string, Tensor>;
  /** `C` */
  captions: number;
  /** `[C·B, 4U]` */
  gateInputs: Tensor;
  /** `[C·B, U]` */
  state: Tensor;
  /** `[C·B, U]` */
  cell: Tensor;
}

export interface StepOutput {
  state: Tensor;
  cell: Tensor;
  /** What `logits` makes the next word's distribution of: `[C·B, …]`. */
  output: Tensor;
}

/** @throws RangeError for a name that is no weight of the network */
export function weight(weights: Weights, name: string): Tensor {
  return found(weights.get(name), name);
}

/** @throws RangeError for a name that `start` did not make */
export function picture(pictures: StepInput['pictures'], name: string): Tensor {
  return found(pictures[name], name);
}

function found(tensor: Tensor | undefined, name: string): Tensor {
  if (!tensor) throw new RangeError(`The network has no ${name}.`);
  return tensor;
}
