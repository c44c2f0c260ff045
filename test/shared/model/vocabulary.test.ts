import {
  beginTokenId,
  buildVocabulary,
  endTokenId,
  unknownTokenId,
  vocabularyFromJson,
} from '@caption-queue/model/vocabulary';
import { expect, it } from 'vitest';

const captions = [
  ['a', 'dog', 'runs'],
  ['a', 'cat', 'runs'],
  ['a', 'zebra'],
];

it('keeps words that occur often enough, most frequent first, ties in alphabetical order', () => {
  const vocabulary = buildVocabulary(captions, 1);
  expect(vocabulary.toJSON().slice(4)).toEqual(['a', 'runs', 'cat', 'dog', 'zebra']);
  expect(buildVocabulary(captions, 2).toJSON().slice(4)).toEqual(['a', 'runs']);
});

it('answers the unknown token for a word it lacks', () => {
  expect(buildVocabulary(captions, 2).tokenIdOf('zebra')).toBe(unknownTokenId);
});

it('survives being written and read', () => {
  const written = buildVocabulary(captions, 1);
  const read = vocabularyFromJson(JSON.parse(JSON.stringify(written)));
  expect(read.wordOf(read.tokenIdOf('zebra'))).toBe('zebra');
  expect([read.wordOf(beginTokenId), read.wordOf(endTokenId)]).toEqual(['<begin>', '<end>']);
});

it('refuses a file without the special tokens, an id that is none, and a word that stands twice', () => {
  expect(() => vocabularyFromJson(['a', 'dog'])).toThrow('A vocabulary starts with <pad>');
  expect(() => buildVocabulary(captions, 1).wordOf(99)).toThrow('Token 99');
  expect(() => vocabularyFromJson(['<pad>', '<begin>', '<end>', '<unknown>', 'a', 'a'])).toThrow(
    'twice',
  );
});
