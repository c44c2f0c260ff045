// Cleans the training captions, drops what teaches nothing, and finds the vocabulary.
import { cleanCaption } from '@caption-queue/captioning/clean-caption';
import { buildVocabulary, type Vocabulary } from '@caption-queue/captioning/vocabulary';
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
  /** Share of all words that the vocabulary holds. */
  coverage: number;
}

export interface PreparationResult {
  captions: PreparedCaptions;
  vocabulary: Vocabulary;
  counts: PreparationCounts;
}

/** @param minimumCount a word must occur this often in the training captions to be in the vocabulary */
export function prepareCaptions(
  dataset: CaptionDataset,
  { minimumCount, maximumWords }: { minimumCount: number; maximumWords: number },
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
  const words = kept.flat();
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
      coverage: words.filter((word) => known.has(word)).length / words.length,
    },
  };
}
