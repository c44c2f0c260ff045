import { cleanCaption } from '@caption-queue/training/dataset/clean-caption';
import { expect, it } from 'vitest';

it.each([
  ['A black dog , in the snow .', 'a black dog in the snow'],
  ["A girl in a child 's swimming pool", "a girl in a child's swimming pool"],
  ['A man’s T-shirt says "bro!"', "a man's t-shirt says bro"],
  ['Two -- or three -- dogs', 'two or three dogs'],
  ['Ein Café\tmit 3 Gästen', 'ein café mit 3 gästen'],
  [' . , ! ', ''],
])('cleans %j to %j', (text, expected) => {
  expect(cleanCaption(text).join(' ')).toBe(expected);
});
