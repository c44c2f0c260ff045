// How captions become batches: similar lengths together, longest first, cut ones without an end.
import {
  beginTokenId,
  createVocabulary,
  endTokenId,
  padTokenId,
} from '@caption-queue/model/vocabulary';
import {
  buildBatch,
  planEpoch,
  type TrainingPhoto,
  tokenise,
} from '@caption-queue/training/fit/batches';
import { oneCycleRate } from '@caption-queue/training/fit/schedule';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../../support/numbers/random.ts';

const vocabulary = createVocabulary(['a', 'dog', 'runs', 'on', 'grass']);
const [a, dog, runs, on, grass] = ['a', 'dog', 'runs', 'on', 'grass'].map(vocabulary.tokenIdOf) as [
  number,
  number,
  number,
  number,
  number,
];
const options = { maximumWords: 4, flipShare: 0.5, seeds: [1, 2] };

/** Five captions each, of 5 to 20 words, as in Flickr8k. */
function manyPhotos(count: number): TrainingPhoto[] {
  const random = createRandom(4);
  return Array.from({ length: count }, (_, index) => ({
    file: `${index}.jpg`,
    captions: Array.from({ length: 5 }, () =>
      new Array(5 + Math.floor(16 * random() * random())).fill(a),
    ),
  }));
}

describe('a batch', () => {
  it('has the words of each step together, by caption, then photo', () => {
    const photos = tokenise(
      [
        {
          file: 'one.jpg',
          captions: [
            ['a', 'dog'],
            ['a', 'dog', 'runs', 'on'],
          ],
        },
        { file: 'two.jpg', captions: [['grass']] },
      ],
      vocabulary,
    );
    const batch = buildBatch(photos, options);
    // The longest captions go on for five steps, the second longest for three.
    expect(batch.active).toEqual([2, 2, 2, 1, 1]);
    const rows = [
      [beginTokenId, beginTokenId, beginTokenId, padTokenId],
      [a, grass, a, padTokenId],
      [dog, endTokenId, dog, padTokenId],
      [runs, padTokenId],
      [on, padTokenId],
    ];
    expect([...batch.inputs]).toEqual(rows.flat());
    expect([...batch.targets]).toEqual(
      [
        [a, grass, a, padTokenId],
        [dog, endTokenId, dog, padTokenId],
        [runs, padTokenId, endTokenId, padTokenId],
        [on, padTokenId],
        [endTokenId, padTokenId],
      ].flat(),
    );
    expect(batch.words).toBe(5 + 3 + 2);
  });

  it('teaches no end after a caption that was cut', () => {
    const [whole, cut] = [4, 5].map((length) =>
      buildBatch([{ file: 'one.jpg', captions: [new Array(length).fill(dog)] }], options),
    );
    expect([...(whole?.targets ?? [])]).toEqual([dog, dog, dog, dog, endTokenId]);
    expect([...(cut?.targets ?? [])]).toEqual([dog, dog, dog, dog]);
  });

  it('depends on its seeds only', () => {
    const photos = manyPhotos(40);
    const flips = (seed: number) =>
      buildBatch(photos, { ...options, seeds: [seed] }).photos.map(({ flipped }) => flipped);
    expect(flips(1)).toEqual(flips(1));
    expect(flips(1)).not.toEqual(flips(2));
    expect(new Set(flips(1))).toEqual(new Set([true, false]));
  });
});

describe('an epoch', () => {
  const photos = manyPhotos(2000);
  const filesOf = (batches: TrainingPhoto[][]) => batches.map((b) => b.map(({ file }) => file));

  it('has every photo once, in another order than the epoch before', () => {
    const [first, again, second] = [1, 1, 2].map((epoch) =>
      filesOf(planEpoch(photos, { batchSize: 32, seed: 7, epoch })),
    );
    expect(first?.flat().toSorted()).toEqual(photos.map(({ file }) => file).toSorted());
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
  });

  it('pads little', () => {
    let rows = 0;
    let words = 0;
    for (const batch of planEpoch(photos, { batchSize: 32, seed: 7, epoch: 1 })) {
      const built = buildBatch(batch, { ...options, maximumWords: 20 });
      rows += built.targets.length;
      words += built.words;
    }
    expect(rows / words).toBeLessThan(1.25);
  });
});

describe('the learning rate', () => {
  it('rises to the highest after a fifth of the run and falls to nearly nothing', () => {
    const rates = Array.from({ length: 101 }, (_, percent) => oneCycleRate(percent / 100, 1));
    expect(rates.indexOf(Math.max(...rates))).toBe(20);
    expect(rates[20]).toBeCloseTo(1, 9);
    expect(rates[0]).toBeCloseTo(0.04, 9);
    expect(rates[100]).toBeCloseTo(0.001, 9);
  });
});
