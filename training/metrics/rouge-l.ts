// ROUGE-L: the longest common subsequence with the references. Lin 2004
// (https://aclanthology.org/W04-1013), as pycocoevalcap computes it: β = 1.2, the best precision and the
// best recall over a photo's references, mean over photos.
import type { ScoredCaption } from './scored-caption.ts';

const BETA_SQUARED = 1.2 ** 2;

/** @returns the mean over all photos, 0…1. */
export function rougeL(captions: readonly ScoredCaption[]): number {
  const sum = captions.reduce((total, caption) => total + rougeLOf(caption), 0);
  return sum / captions.length;
}

function rougeLOf({ hypothesis, references }: ScoredCaption): number {
  let precision = 0;
  let recall = 0;
  for (const reference of references) {
    const common = commonSubsequenceLength(hypothesis, reference);
    if (common === 0) continue;
    precision = Math.max(precision, common / hypothesis.length);
    recall = Math.max(recall, common / reference.length);
  }
  if (precision === 0) return 0;
  return ((1 + BETA_SQUARED) * precision * recall) / (recall + BETA_SQUARED * precision);
}

function commonSubsequenceLength(a: readonly string[], b: readonly string[]): number {
  let previous = new Array<number>(b.length + 1).fill(0);
  for (const word of a) {
    const current = [0];
    b.forEach((other, index) => {
      const diagonal = previous[index] as number;
      const best = Math.max(previous[index + 1] as number, current[index] as number);
      current.push(word === other ? diagonal + 1 : best);
    });
    previous = current;
  }
  return previous[b.length] as number;
}
