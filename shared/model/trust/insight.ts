// What can be said about one picture beside its caption, from what the classifier sees in it.
import type { Calibration } from '@caption-queue/contract/calibration';
import type { Guidance } from '../generation/hypothesis.ts';
import type { Vocabulary } from '../vocabulary.ts';
import { createClassWords } from './class-words.ts';
import { captionEvidence, type Evidence, type Sight, standing, tagEvidence } from './evidence.ts';
import { type SurestName, surestName } from './names.ts';
import type { Nouns } from './nouns.ts';
import { phrasesOf } from './phrases.ts';

/** Of nouns that are too rare in the training captions to be judged. */
const RARE_NOUN_CHANCE = 0.01;

/**
 * What log-odds of standing are worth beside the decoder's log-probability a word, when the sentences of a beam are compared:
 * of three sentences a better one is found. More finds sentences that nobody would say.
 */
const STANDING_NATS = 0.1;

export interface InsightSource {
  vocabulary: Vocabulary;
  /** `words.json`: for each class its own names, then its hypernyms. */
  words: readonly string[][];
  nouns: Nouns;
  calibration: Pick<Calibration, 'meanClassProbabilities' | 'judgedNouns' | 'guidance'>;
}

export interface Insight {
  /** What the picture shows first of all, by the classifier. */
  readonly name: SurestName;
  /** Words that a sentence about this picture should have one of; `undefined` for familiar pictures. */
  readonly guidance: Guidance | undefined;
  /** What speaks for a sentence besides the decoder, in nats a word. */
  supportOf(words: readonly string[]): number;
  /** Also of the beginning of one. */
  ofCaption(words: readonly string[]): Evidence;
  /** Beginnings of a caption that say something, the longest first. */
  phrasesOf(words: readonly string[]): string[][];
  /** Of the name. */
  ofName(): Evidence;
}

/** What the two classifiers say of one picture. */
export interface Seen {
  /** Of the classes. */
  probabilities: Float32Array;
  /** Of `judgedNouns`, that people would name them. */
  nounChances: Float32Array;
}

export function createInsight(source: InsightSource): (seen: Seen) => Insight {
  const { vocabulary, words, nouns, calibration } = source;
  const { meanClassProbabilities, judgedNouns, guidance } = calibration;
  const names = { words, classWords: createClassWords(words, nouns), nouns };
  const placeOf = new Map(judgedNouns.map((noun, index) => [noun, index]));

  function guide({ probabilities, familiarity: known }: Sight): Guidance | undefined {
    if (guidance.bonus === 0 || known >= guidance.mostFamiliarity) return undefined;
    const tokens = new Set<number>();
    probabilities.forEach((probability, index) => {
      if (probability < guidance.leastProbability) return;
      for (const word of names.classWords.wordsNaming(index))
        tokens.add(vocabulary.tokenIdOf(word));
    });
    return tokens.size === 0 ? undefined : { tokens, bonus: guidance.bonus };
  }

  return ({ probabilities, nounChances }) => {
    const sight: Sight = {
      probabilities,
      familiarity: familiarity(probabilities, meanClassProbabilities),
      nounChance: (noun) => nounChances[placeOf.get(noun) ?? -1] ?? RARE_NOUN_CHANCE,
    };
    const name = surestName(probabilities, names);
    return {
      name,
      guidance: guide(sight),
      supportOf: (caption) => STANDING_NATS * standing(caption, sight, names),
      ofCaption: (caption) => captionEvidence(caption, sight, names),
      phrasesOf: (caption) => phrasesOf(caption, nouns),
      ofName: () => tagEvidence(name, sight, names),
    };
  };
}

/** A class that no training photo shows still counts for this many photos in a thousand. */
const SMOOTHING = 0.02;

/**
 * How much of what the classifier sees in a picture the training photos had, above 0 for pictures like those, under 0
 * for others: Σ p(class) · ln(1000 · mean p(class) over the training photos + 0.02).
 * @param probabilities of the classes in this picture
 * @param meanProbabilities of the classes over the training photos
 */
export function familiarity(
  probabilities: Float32Array,
  meanProbabilities: readonly number[],
): number {
  let sum = 0;
  probabilities.forEach((probability, index) => {
    sum += probability * Math.log(1000 * (meanProbabilities[index] as number) + SMOOTHING);
  });
  return sum;
}
