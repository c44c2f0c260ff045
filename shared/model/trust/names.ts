// What to call what the classifier sees: its tags, and the one name that it is surest of (its likeliest class, or a kind
// of thing where it can't decide between several).
import type { NameKnowledge } from './class-words.ts';
import { kindsOf } from './nouns.ts';

export interface SurestName {
  /** The likeliest class. */
  classIndex: number;
  /** A word of the vocabulary for a kind of thing, or `undefined` for the class's own name. */
  kind: string | undefined;
  /** Classes that the name is right for. */
  classes: readonly number[];
}

/** From here on the classifier has decided. */
const SURE = 0.8;

/**
 * The own name of the likeliest class if it is sure; else the nearest kind that the classes of that kind are sure of
 * together, among the words that the captioner knows ("a dog" where it wavers between breeds); else the own name.
 * @param knowledge.words `words.json`: for each class its own names, then its hypernyms, nearest first
 */
export function surestName(
  probabilities: Float32Array,
  { words, classWords, nouns }: NameKnowledge & { words: readonly string[][] },
): SurestName {
  const classIndex = probabilities.indexOf(Math.max(...probabilities));
  const own = { classIndex, kind: undefined, classes: [classIndex] };
  if ((probabilities[classIndex] as number) >= SURE) return own;
  for (const name of words[classIndex] ?? []) {
    const classes = classWords.classesOf(name);
    const sum = classes.reduce((total, index) => total + (probabilities[index] as number), 0);
    if (classes.length > 1 && kindsOf(nouns, name)?.[0] === name && sum >= SURE) {
      return { classIndex, kind: name, classes };
    }
  }
  return own;
}

export interface Tag {
  name: string;
  /** The classifier's softmax. */
  confidence: number;
}

/** Less likely names are more often wrong than right. */
const LEAST_PROBABILITY = 0.1;
const MOST_TAGS = 5;

/** The classifier's names for what is in a picture, surest first. */
export function tagsOf(probabilities: Float32Array, labels: readonly string[]): Tag[] {
  const tags: Tag[] = [];
  probabilities.forEach((confidence, index) => {
    if (confidence > LEAST_PROBABILITY) tags.push({ name: labels[index] as string, confidence });
  });
  return tags.sort((a, b) => b.confidence - a.confidence).slice(0, MOST_TAGS);
}
