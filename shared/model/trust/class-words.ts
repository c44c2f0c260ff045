// Which of the classifier's classes the words of a caption name.
import { type Nouns, singular } from './nouns.ts';

/** Names of classes have at most so many words that a caption is searched for. */
const LONGEST_NAME = 3;

/** What words mean to a bundle. */
export interface NameKnowledge {
  classWords: ClassWords;
  nouns: Nouns;
}

export interface ClassWords {
  /** Classes that a word or a few words in a row name, by themselves or as their kind (`dog` for a terrier). */
  classesNamedBy(words: readonly string[]): Set<number>;
  /** Classes that have the name, as their own or as their kind. */
  classesOf(name: string): readonly number[];
  /** Words of the vocabulary that name the class. */
  wordsNaming(classIndex: number): string[];
}

/**
 * @param words `words.json`: for each class its own names, then its hypernyms
 * @param nouns of the vocabulary; a single word that is no noun names nothing
 */
export function createClassWords(words: readonly string[][], nouns: Nouns): ClassWords {
  const classesOf = new Map<string, number[]>();
  words.forEach((names, index) => {
    for (const name of names) {
      const classes = classesOf.get(name);
      if (classes) classes.push(index);
      else classesOf.set(name, [index]);
    }
  });
  const wordsOf = new Map<number, string[]>();
  for (const word of Object.keys(nouns)) {
    for (const index of classesOf.get(singular(nouns, word)) ?? []) {
      wordsOf.set(index, [...(wordsOf.get(index) ?? []), word]);
    }
  }
  return {
    classesNamedBy(caption) {
      const named = new Set<number>();
      for (let start = 0; start < caption.length; start++) {
        for (let end = start + 1; end <= Math.min(caption.length, start + LONGEST_NAME); end++) {
          const last = caption[end - 1] as string;
          if (end === start + 1 && !Object.hasOwn(nouns, last)) continue;
          const name = [...caption.slice(start, end - 1), singular(nouns, last)].join(' ');
          for (const index of classesOf.get(name) ?? []) named.add(index);
        }
      }
      return named;
    },
    classesOf: (name) => classesOf.get(name) ?? [],
    wordsNaming: (index) => wordsOf.get(index) ?? [],
  };
}
