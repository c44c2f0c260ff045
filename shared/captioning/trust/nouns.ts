// The nouns of a bundle's vocabulary: which words of a caption name something, and what that is a kind of.

/** `nouns.json`: word → its singular, then that one's other names and hypernyms, nearest first (WordNet). */
export type Nouns = Record<string, string[]>;

/** A caption is right if this share of its nouns stands; training/calibration/right.ts has the whole definition. */
const RIGHT_SHARE = 2 / 3;

/** How many of a caption's nouns must stand for it to be right; at least one. */
export function nounsNeeded(count: number): number {
  return Math.max(1, Math.ceil(RIGHT_SHARE * count - 1e-9));
}

/** What a word is in the singular; words that are no nouns of the vocabulary stay as they are. */
export function singular(nouns: Nouns, word: string): string {
  return nouns[word]?.[0] ?? word;
}

/** The words that are nouns, in their order, each once. */
export function nounsOf(nouns: Nouns, words: readonly string[]): string[] {
  return [...new Set(words)].filter((word) => nouns[word] !== undefined);
}
