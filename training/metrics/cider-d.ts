// CIDEr-D: how much a caption agrees with what people agree on. Vedantam et al. 2015
// (https://arxiv.org/abs/1411.5726), as pycocoevalcap computes it: n-grams up to 4, σ = 6, document
// frequencies from the very split that is scored.
import { countNGrams, MAXIMUM_ORDER, type NGramCounts } from './n-grams.ts';
import type { ScoredCaption } from './scored-caption.ts';

/** Width of the Gaussian that punishes a length other than the reference's, in words. */
const SIGMA = 6;
const SCALE = 10;

/** A caption as one TF-IDF vector for each n-gram length. */
interface Vector {
  weights: NGramCounts[];
  norms: number[];
  /** In bigrams, as pycocoevalcap measures it. */
  length: number;
}

/** @returns the mean over all photos; about 1 is very good, the range is 0…10. */
export function ciderD(captions: readonly ScoredCaption[]): number {
  const sum = ciderDScores(captions).reduce((total, score) => total + score, 0);
  return sum / captions.length;
}

/** CIDEr-D of each photo, in the order given. */
export function ciderDScores(captions: readonly ScoredCaption[]): number[] {
  const score = createCiderD(captions.map(({ references }) => references));
  return captions.map(({ hypothesis, references }) => score(hypothesis, references));
}

/**
 * @param documents the references of each photo of the split that document frequencies come from
 * @returns CIDEr-D of a caption against references
 */
export function createCiderD(
  documents: readonly ScoredCaption['references'][],
): (hypothesis: readonly string[], references: ScoredCaption['references']) => number {
  const frequencies = documentFrequencies(documents.map((captions) => captions.map(countNGrams)));
  const logDocuments = Math.log(documents.length);
  const vectorOf = (words: readonly string[]) =>
    weigh(countNGrams(words), frequencies, logDocuments);
  return (hypothesis, references) => {
    const candidate = vectorOf(hypothesis);
    const total = references.reduce(
      (sum, reference) => sum + similarity(candidate, vectorOf(reference)),
      0,
    );
    return (total / references.length) * SCALE;
  };
}

/** In how many photos' references each n-gram occurs. */
function documentFrequencies(photos: readonly NGramCounts[][][]): NGramCounts {
  const frequencies: NGramCounts = new Map();
  for (const references of photos) {
    const seen = new Set(references.flatMap((orders) => orders.flatMap((c) => [...c.keys()])));
    for (const nGram of seen) frequencies.set(nGram, (frequencies.get(nGram) ?? 0) + 1);
  }
  return frequencies;
}

function weigh(orders: NGramCounts[], frequencies: NGramCounts, logDocuments: number): Vector {
  const weights = orders.map((counts) => {
    const weighted: NGramCounts = new Map();
    for (const [nGram, count] of counts) {
      const logFrequency = Math.log(Math.max(1, frequencies.get(nGram) ?? 0));
      weighted.set(nGram, count * (logDocuments - logFrequency));
    }
    return weighted;
  });
  const norms = weights.map((order) => Math.hypot(...order.values()));
  const length = [...(orders[1] ?? new Map()).values()].reduce((a, b) => a + b, 0);
  return { weights, norms, length };
}

/** Mean over the four n-gram lengths of the clipped cosine, with the length penalty. */
function similarity(candidate: Vector, reference: Vector): number {
  const penalty = Math.exp(-((candidate.length - reference.length) ** 2) / (2 * SIGMA ** 2));
  let sum = 0;
  candidate.weights.forEach((order, index) => {
    const others = reference.weights[index] as NGramCounts;
    let product = 0;
    for (const [nGram, weight] of order) {
      const other = others.get(nGram) ?? 0;
      product += Math.min(weight, other) * other;
    }
    const norms = (candidate.norms[index] as number) * (reference.norms[index] as number);
    sum += norms === 0 ? product : product / norms;
  });
  return (sum / MAXIMUM_ORDER) * penalty;
}
