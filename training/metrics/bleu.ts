// BLEU-1…4 over a corpus. Papineni et al. 2002 (https://aclanthology.org/P02-1040), with the details of
// pycocoevalcap's BleuScorer: the closest reference's length counts, nothing is smoothed.
import { countNGrams, MAXIMUM_ORDER } from './n-grams.ts';
import type { ScoredCaption } from './scored-caption.ts';

// pycocoevalcap's guards against 0 ÷ 0; kept, since its values are the reference.
const TINY = 1e-15;
const SMALL = 1e-9;

/** @returns BLEU-1 to BLEU-4, each 0…1. */
export function corpusBleu(captions: readonly ScoredCaption[]): number[] {
  const matches = new Array<number>(MAXIMUM_ORDER).fill(0);
  const guesses = new Array<number>(MAXIMUM_ORDER).fill(0);
  let hypothesisLength = 0;
  let referenceLength = 0;
  for (const { hypothesis, references } of captions) {
    hypothesisLength += hypothesis.length;
    referenceLength += closestLength(references, hypothesis.length);
    const referenceCounts = references.map(countNGrams);
    countNGrams(hypothesis).forEach((counts, index) => {
      guesses[index] = at(guesses, index) + Math.max(0, hypothesis.length - index);
      for (const [nGram, count] of counts) {
        const most = Math.max(...referenceCounts.map((orders) => orders[index]?.get(nGram) ?? 0));
        matches[index] = at(matches, index) + Math.min(count, most);
      }
    });
  }
  const ratio = (hypothesisLength + TINY) / (referenceLength + SMALL);
  const brevityPenalty = ratio < 1 ? Math.exp(1 - 1 / ratio) : 1;
  let product = 1;
  return matches.map((match, index) => {
    product *= (match + TINY) / (at(guesses, index) + SMALL);
    return product ** (1 / (index + 1)) * brevityPenalty;
  });
}

/** Of equally close references the shorter one counts. */
function closestLength(references: ScoredCaption['references'], length: number): number {
  const lengths = references.map((words) => words.length).sort((a, b) => a - b);
  return lengths.reduce((best, candidate) =>
    Math.abs(candidate - length) < Math.abs(best - length) ? candidate : best,
  );
}

function at(values: number[], index: number): number {
  return values[index] as number;
}
