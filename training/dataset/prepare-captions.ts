// Cleans the training captions, drops what teaches nothing, and finds the vocabulary.

import { createVocabulary, type Vocabulary } from '@caption-queue/model/vocabulary';
import { TrainingError } from '../failure.ts';
import { cleanCaption } from './clean-caption.ts';
import type { CaptionDataset } from './photo-captions.ts';
import type { PreparedCaptions } from './prepared.ts';

/** What the cleaning did, for people. */
export interface PreparationCounts {
  trainPhotos: number;
  devPhotos: number;
  /** Kept for training. */
  captions: number;
  /** Nothing was left of them. */
  droppedEmpty: number;
  /** The same words as another caption of the same photo. */
  droppedRepeated: number;
  /** Longer than the longest that is taught. */
  cut: number;
  /** All words of the kept captions. */
  words: number;
  distinctWords: number;
  /** A word in the vocabulary occurs at least this often. */
  minimumCount: number;
  /** Share of all words that the vocabulary holds. */
  coverage: number;
}

export interface PreparationResult {
  captions: PreparedCaptions;
  vocabulary: Vocabulary;
  counts: PreparationCounts;
}

/** With as many captions as Flickr8k has, rarer words are mostly slips of the pen, and too rare to be learned. */
const USUAL_MINIMUM_COUNT = 4;
/** With fewer captions more of them are needed: the threshold rises by one with each thousand. */
const CAPTIONS_A_COUNT = 1000;

/**
 * @param minimumCount a word must occur this often in the training captions to be in the vocabulary; default: 4,
 *   and less where there are under 3,000 captions, down to 1 under 1,000
 */
export function prepareCaptions(
  dataset: CaptionDataset,
  {
    minimumCount: given,
    maximumWords,
  }: { minimumCount?: number | undefined; maximumWords: number },
): PreparationResult {
  let droppedEmpty = 0;
  let droppedRepeated = 0;
  const train = dataset.train.map(({ file, captions }) => {
    const cleaned = captions.map(cleanCaption);
    const full = cleaned.filter((words) => words.length > 0);
    const distinct = [...new Map(full.map((words) => [words.join(' '), words])).values()];
    droppedEmpty += cleaned.length - full.length;
    droppedRepeated += full.length - distinct.length;
    return { file, captions: distinct };
  });
  const kept = train.flatMap(({ captions }) => captions);
  if (kept.length === 0) throw new TrainingError('No training caption has a word in it.');
  const words = kept.flat();
  const minimumCount =
    given ?? Math.min(USUAL_MINIMUM_COUNT, 1 + Math.floor(kept.length / CAPTIONS_A_COUNT));
  const vocabulary = buildVocabulary(kept, minimumCount);
  const known = new Set(vocabulary.toJSON());
  return {
    captions: {
      train: train.filter(({ captions }) => captions.length > 0),
      dev: dataset.dev.map(({ file, captions }) => ({ file, references: captions })),
    },
    vocabulary,
    counts: {
      trainPhotos: train.length,
      devPhotos: dataset.dev.length,
      captions: kept.length,
      droppedEmpty,
      droppedRepeated,
      cut: kept.filter(({ length }) => length > maximumWords).length,
      words: words.length,
      distinctWords: new Set(words).size,
      minimumCount,
      coverage: words.filter((word) => known.has(word)).length / words.length,
    },
  };
}

/** All words that occur at least `minimumCount` times, most frequent first, ties in alphabetical order. */
export function buildVocabulary(captions: Iterable<string[]>, minimumCount: number): Vocabulary {
  const counts = new Map<string, number>();
  for (const words of captions) {
    for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  const kept = [...counts].filter(([, count]) => count >= minimumCount);
  kept.sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1));
  return createVocabulary(kept.map(([word]) => word));
}
