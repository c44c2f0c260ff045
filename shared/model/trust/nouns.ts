// The nouns of a bundle's vocabulary: which words of a caption name something, and what that is a kind of.

/** `nouns.json`: word → its singular, then that one's other names and hypernyms, nearest first (WordNet). */
export type Nouns = Record<string, string[]>;

/** A caption is right if this share of its nouns stands; training/calibration/right.ts has the whole definition. */
const RIGHT_SHARE = 2 / 3;

/** How many of a caption's nouns must stand for it to be right; at least one. */
export function nounsNeeded(count: number): number {
  return Math.max(1, Math.ceil(RIGHT_SHARE * count - 1e-9));
}

/** A noun's singular, its other names and hypernyms; `undefined` for any other word, `constructor` among them. */
export function kindsOf(nouns: Nouns, word: string): string[] | undefined {
  return Object.hasOwn(nouns, word) ? nouns[word] : undefined;
}

/** What a word is in the singular; words that are no nouns of the vocabulary stay as they are. */
export function singular(nouns: Nouns, word: string): string {
  return kindsOf(nouns, word)?.[0] ?? word;
}

/** The words that are nouns, in their order, each once. */
export function nounsOf(nouns: Nouns, words: readonly string[]): string[] {
  return [...new Set(words)].filter((word) => Object.hasOwn(nouns, word));
}
