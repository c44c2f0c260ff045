import {
  beginTokenId,
  createVocabulary,
  endTokenId,
  unknownTokenId,
  vocabularyFromJson,
} from '@caption-queue/model/vocabulary';
import { expect, it } from 'vitest';

const words = ['a', 'runs', 'zebra'];

it('answers the unknown token for a word it lacks', () => {
  expect(createVocabulary(['a', 'runs']).tokenIdOf('zebra')).toBe(unknownTokenId);
});

it('survives being written and read', () => {
  const written = createVocabulary(words);
  const read = vocabularyFromJson(JSON.parse(JSON.stringify(written)));
  expect(read.wordOf(read.tokenIdOf('zebra'))).toBe('zebra');
  expect([read.wordOf(beginTokenId), read.wordOf(endTokenId)]).toEqual(['<begin>', '<end>']);
});

it('refuses a file without the special tokens, an id that is none, and a word that stands twice', () => {
  expect(() => vocabularyFromJson(['a', 'dog'])).toThrow('A vocabulary starts with <pad>');
  expect(() => createVocabulary(words).wordOf(99)).toThrow('Token 99');
  expect(() => vocabularyFromJson(['<pad>', '<begin>', '<end>', '<unknown>', 'a', 'a'])).toThrow(
    'twice',
  );
});
