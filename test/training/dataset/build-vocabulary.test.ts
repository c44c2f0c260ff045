import { buildVocabulary } from '@caption-queue/training/dataset/prepare-captions';
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
