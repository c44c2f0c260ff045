// Where a whole sentence is not sure enough, its beginning may be: "a dog" of "a dog is running through the snow".
import type { Nouns } from './nouns.ts';

/**
 * What a caption says up to one of its things, the longest first; never the whole caption, and never half of two nouns
 * that belong together ("a soccer" of "a soccer player").
 */
export function phrasesOf(words: readonly string[], nouns: Nouns): string[][] {
  const isNoun = (word: string | undefined) => word !== undefined && Object.hasOwn(nouns, word);
  const ends = words.flatMap((word, at) => {
    const isEnd = isNoun(word) && !isNoun(words[at + 1]) && at + 1 < words.length;
    return isEnd ? [at + 1] : [];
  });
  return ends.reverse().map((end) => words.slice(0, end));
}
