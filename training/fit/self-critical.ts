// Self-critical training: captions that the model draws itself become likelier when they score better than the
// others drawn of the same photo. Rennie et al. 2017 (https://arxiv.org/abs/1612.00563), REINFORCE with the
// leave-one-out mean as baseline (Luo 2020, https://arxiv.org/abs/2003.09971).

import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import { padTokenId, type Vocabulary } from '@caption-queue/model/vocabulary';
import type { PreparedData } from '../dataset/prepared.ts';
import { createCiderD } from '../metrics/cider-d.ts';
import { createRandom } from '../random.ts';
import { buildBatch, type CaptionBatch, type TrainingPhoto } from './batches.ts';
import { createDropout } from './dropout.ts';
import { smoothedCrossEntropy } from './loss.ts';
import { sampledTokens } from './roll-out.ts';
import type { SelfCriticalSettings } from './settings.ts';
import { sequenceLogits } from './teacher-forcing.ts';
import type { TensorFlow } from './tensorflow-types.ts';
import { type TrainedParts, withDistillation } from './trained-parts.ts';
import { descend, type StepResult } from './trainer.ts';

/** Stands for the end in the reward's n-grams: a caption that breaks off earns nothing for its last words. */
const END = '.';

/** tokens of a caption of the photo → its CIDEr-D, with the document frequencies of the training split */
export type Reward = (file: string, tokens: readonly number[]) => number;

export function createReward(
  train: PreparedData['captions']['train'],
  vocabulary: Vocabulary,
): Reward {
  const references = new Map(
    train.map(({ file, captions }) => [file, captions.map((words) => [...words, END])]),
  );
  const score = createCiderD([...references.values()]);
  return (file, tokens) =>
    score([...tokens.map((id) => vocabulary.wordOf(id)), END], references.get(file) ?? []);
}

/** A caption to train on. */
interface WeighedCaption {
  tokens: number[];
  /** Of each of its words in the loss; negative for captions that should become less likely. */
  weight: number;
}

/**
 * One step. Captions are drawn without dropout, as they would be served; it is only in what they teach.
 * @param grids `[B, 64, channels]` of `photos`
 * @param untuned the untuned encoder's pooled output `[B, 2048]`, where it is tuned with distillation
 */
export function selfCriticalStep(
  tf: TensorFlow,
  parts: TrainedParts,
  {
    photos,
    grids,
    untuned,
    reward,
    selfCritical,
    step,
    totalSteps,
  }: {
    photos: readonly TrainingPhoto[];
    grids: Float32Array;
    untuned?: Float32Array | undefined;
    reward: Reward;
    selfCritical: SelfCriticalSettings;
    step: number;
    totalSteps: number;
  },
): StepResult {
  const { network, blocks, weights, settings } = parts;
  const { seed, maximumWords, tuning } = settings;
  const { samples, candidates, dropout: rate = 0 } = selfCritical;
  const count = photos.length;
  return tf.tidy(() => {
    const input = tf.tensor(grids, [count, GRID_CELLS, grids.length / count / GRID_CELLS]);
    const features = blocks ? blocks.grids(weights, input) : input;
    const drawn = sampledTokens(tf, {
      network,
      weights,
      grids: features,
      maximumWords,
      captions: samples,
      candidates,
      seeds: [seed, step],
    });
    const seeds = [seed, step];
    const { captions, meanReward } = weigh({ photos, drawn, reward, selfCritical, seeds });
    const batch = buildBatch(
      photos.map(({ file }, n) => ({ file, captions: (captions[n] ?? []).map((c) => c.tokens) })),
      { maximumWords, flipShare: 0, seeds },
    );
    const targets = tf.tensor1d(batch.targets, 'int32');
    const untunedPooled = untuned && tf.tensor2d(untuned, [count, FEATURE_SIZE]);
    const dropout = createDropout(tf, { rate, seeds });
    const wordWeights = tf.tensor1d(weightsOfWords(batch, captions));
    const loss = () => {
      const seen = blocks && tuning?.rate ? blocks.grids(weights, input) : features;
      const logits = sequenceLogits(tf, {
        network,
        weights,
        batch,
        grids: seen,
        dropout,
      });
      const words = { logits, targets, weights: wordWeights, smoothing: 0 };
      return withDistillation(parts, {
        loss: smoothedCrossEntropy(tf, words),
        features: seen,
        untuned: untunedPooled,
      });
    };
    const result = descend(tf, parts, { loss, step, totalSteps });
    return { ...result, reward: meanReward } as never;
  }) as StepResult;
}

/**
 * Each drawn caption by how much its reward is above the mean of the photo's others, and one that people wrote;
 * of each photo longest first, as `buildBatch` puts them.
 * @param drawn ordered by caption, then photo
 */
function weigh({
  photos,
  drawn,
  reward,
  selfCritical: { samples, crossEntropy },
  seeds,
}: {
  photos: readonly TrainingPhoto[];
  drawn: readonly number[][];
  reward: Reward;
  selfCritical: SelfCriticalSettings;
  seeds: readonly number[];
}): { captions: WeighedCaption[][]; meanReward: number } {
  const random = createRandom(...seeds);
  // The end is a word of the loss too.
  const wordsOf = (captions: readonly (readonly number[])[]) =>
    captions.reduce((sum, tokens) => sum + tokens.length + 1, 0);
  const written = photos.map(({ captions }) => captions[random.integer(captions.length)] ?? []);
  let rewardSum = 0;
  const captions = photos.map(({ file }, photo) => {
    const own = drawn.filter((_, row) => row % photos.length === photo);
    const rewards = own.map((tokens) => reward(file, tokens));
    const sum = rewards.reduce((a, b) => a + b, 0);
    rewardSum += sum;
    const weighed = own.map((tokens, n): WeighedCaption => {
      const mine = rewards[n] as number;
      return { tokens, weight: (mine - (sum - mine) / (samples - 1)) / wordsOf(drawn) };
    });
    const human = { tokens: written[photo] as number[], weight: crossEntropy / wordsOf(written) };
    return [...weighed, human].sort((a, b) => b.tokens.length - a.tokens.length);
  });
  return { captions, meanReward: rewardSum / drawn.length };
}

/** The weight of each target of the batch, 0 for padding. */
function weightsOfWords(
  { active, targets }: CaptionBatch,
  captions: readonly WeighedCaption[][],
): Float32Array {
  const weights = new Float32Array(targets.length);
  let row = 0;
  for (const count of active) {
    for (let n = 0; n < count; n++) {
      for (const photo of captions) {
        weights[row] = targets[row] === padTokenId ? 0 : (photo[n]?.weight ?? 0);
        row++;
      }
    }
  }
  return weights;
}
