// N-grams of a tokenised caption, as BLEU and CIDEr-D count them.

/** Both metrics look at one to four words in a row. */
export const MAXIMUM_ORDER = 4;

/** An n-gram and its count; the key is the words joined by spaces. */
export type NGramCounts = Map<string, number>;

/** @returns for n = 1…4 the counts of the caption's n-grams. */
export function countNGrams(words: readonly string[]): NGramCounts[] {
  return Array.from({ length: MAXIMUM_ORDER }, (_, index) => {
    const counts: NGramCounts = new Map();
    const order = index + 1;
    for (let start = 0; start + order <= words.length; start++) {
      const key = words.slice(start, start + order).join(' ');
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  });
}
