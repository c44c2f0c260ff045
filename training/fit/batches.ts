// Which photos are trained on together, and their captions as the token arrays of one step of training.
import {
  beginTokenId,
  endTokenId,
  padTokenId,
  type Vocabulary,
} from '@caption-queue/model/vocabulary';
import { createRandom } from '../random.ts';

/** A photo with its captions as token ids, without begin and end. */
export interface TrainingPhoto {
  file: string;
  captions: number[][];
}

/**
 * Batches' worth of shuffled photos that are sorted by length together: fewer pads more, more is less random.
 * With 60, Flickr8k's batches have 1.16 rows a word; unsorted they would have 1.79.
 */
const BATCHES_A_POOL = 60;

/** What the network reads and should say; all arrays are concatenated over steps, rows by caption, then photo. */
export interface CaptionBatch {
  photos: { file: string; flipped: boolean }[];
  /** Captions of each photo that still go on, for each step; never rises. */
  active: number[];
  inputs: Int32Array;
  targets: Int32Array;
  /** 1 for a word, 0 for padding. */
  counts: Float32Array;
  /** How many words count. */
  words: number;
}

/**
 * Token ids of captions; a longer one is cut and then has no end.
 * @param maximumWords longest caption, in words
 */
export function tokenise(
  photos: readonly { file: string; captions: readonly (readonly string[])[] }[],
  vocabulary: Vocabulary,
): TrainingPhoto[] {
  return photos.map(({ file, captions }) => ({
    file,
    captions: captions.map((words) => words.map((word) => vocabulary.tokenIdOf(word))),
  }));
}

/**
 * The batches of an epoch, in the order of training: photos of similar caption lengths together, so that little
 * is padded. Depends on nothing but its arguments.
 */
export function planEpoch(
  photos: readonly TrainingPhoto[],
  { batchSize, seed, epoch }: { batchSize: number; seed: number; epoch: number },
): TrainingPhoto[][] {
  const random = createRandom(seed, epoch);
  const shuffled = random.shuffle([...photos]);
  const batches: TrainingPhoto[][] = [];
  for (let start = 0; start < shuffled.length; start += batchSize * BATCHES_A_POOL) {
    const pool = shuffled.slice(start, start + batchSize * BATCHES_A_POOL);
    pool.sort(byCaptionLengths);
    for (let from = 0; from < pool.length; from += batchSize) {
      batches.push(pool.slice(from, from + batchSize));
    }
  }
  return random.shuffle(batches);
}

/** By the longest caption, equal ones by the second longest, and so on. */
function byCaptionLengths(a: TrainingPhoto, b: TrainingPhoto): number {
  const [lengthsA, lengthsB] = [a, b].map(({ captions }) =>
    captions.map(({ length }) => length).sort((x, y) => y - x),
  ) as [number[], number[]];
  const most = Math.max(lengthsA.length, lengthsB.length);
  for (let n = 0; n < most; n++) {
    const difference = (lengthsB[n] ?? 0) - (lengthsA[n] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

/**
 * The arrays of one batch. The captions of a photo are sorted, longest first, so that in later steps only the
 * first ones go on.
 * @param maximumWords a longer caption is cut, and then its end is not taught
 */
export function buildBatch(
  photos: readonly TrainingPhoto[],
  {
    maximumWords,
    flipShare,
    seeds,
  }: { maximumWords: number; flipShare: number; seeds: readonly number[] },
): CaptionBatch {
  const random = createRandom(...seeds);
  const sequences = photos.map(({ captions }) =>
    captions
      .map((tokens) =>
        [beginTokenId, ...tokens, endTokenId].slice(
          0,
          maximumWords + 2 - Number(tokens.length > maximumWords),
        ),
      )
      .sort((a, b) => b.length - a.length),
  );
  const most = Math.max(...sequences.map((captions) => captions.length));
  // Of the n-th longest captions, the steps that the longest of them takes.
  const steps = Array.from({ length: most }, (_, n) =>
    Math.max(...sequences.map((captions) => (captions[n]?.length ?? 1) - 1)),
  );
  const active = Array.from(
    { length: steps[0] ?? 0 },
    (_, step) => steps.filter((length) => length > step).length,
  );
  const inputs: number[] = [];
  const targets: number[] = [];
  active.forEach((captions, step) => {
    for (let n = 0; n < captions; n++) {
      for (const photo of sequences) {
        inputs.push(photo[n]?.[step] ?? padTokenId);
        targets.push(photo[n]?.[step + 1] ?? padTokenId);
      }
    }
  });
  const counts = Float32Array.from(targets, (target) => Number(target !== padTokenId));
  return {
    photos: photos.map(({ file }) => ({ file, flipped: random.next() < flipShare })),
    active,
    inputs: Int32Array.from(inputs),
    targets: Int32Array.from(targets),
    counts,
    words: counts.reduce((sum, count) => sum + count, 0),
  };
}
