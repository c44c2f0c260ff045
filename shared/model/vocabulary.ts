// The words a model knows, and their token ids.

/** Token ids of the four that are no words. */
export const padTokenId = 0;
export const beginTokenId = 1;
export const endTokenId = 2;
export const unknownTokenId = 3;
const specialTokens = ['<pad>', '<begin>', '<end>', '<unknown>'];

export interface Vocabulary {
  /** Words and special tokens together. */
  readonly size: number;
  /** The word of a token id. @throws RangeError for an id that is none. */
  wordOf(tokenId: number): string;
  /** The word's token id, or that of `<unknown>`. */
  tokenIdOf(word: string): number;
  /** `vocabulary.json`: the words in the order of their ids, special tokens first. */
  toJSON(): string[];
}

/** @param words without special tokens, most frequent first. */
export function createVocabulary(words: Iterable<string>): Vocabulary {
  const tokens = [...specialTokens, ...words];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  if (ids.size !== tokens.length) throw new RangeError('A word stands twice in the vocabulary.');
  return {
    size: tokens.length,
    wordOf(tokenId) {
      const token = tokens[tokenId];
      if (token === undefined) throw new RangeError(`Token ${tokenId} is not in the vocabulary.`);
      return token;
    },
    tokenIdOf: (word) => ids.get(word) ?? unknownTokenId,
    toJSON: () => tokens,
  };
}

/** From `vocabulary.json`. @throws RangeError when it does not start with the special tokens. */
export function vocabularyFromJson(tokens: string[]): Vocabulary {
  if (specialTokens.some((token, id) => tokens[id] !== token)) {
    throw new RangeError(`A vocabulary starts with ${specialTokens.join(', ')}.`);
  }
  return createVocabulary(tokens.slice(specialTokens.length));
}
