// Fitting and judging chances: what is right, what a regression finds, and how good its chances are.
import { chanceOf } from '@caption-queue/model/trust/evidence';
import { createVocabulary } from '@caption-queue/model/vocabulary';
import { thresholdRow } from '@caption-queue/training/calibration/assess';
import {
  adjustChances,
  checkPhotos,
  fitChances,
} from '@caption-queue/training/calibration/chances';
import { crossValidate, validate } from '@caption-queue/training/calibration/folds';
import type { JudgedPhoto } from '@caption-queue/training/calibration/judged-photo';
import { fitChance } from '@caption-queue/training/calibration/logistic-regression';
import { areaUnderCurve } from '@caption-queue/training/calibration/ranking';
import { createJudge } from '@caption-queue/training/calibration/right';
import { listNouns } from '@caption-queue/training/nouns/list-nouns';
import { openWordNet } from '@caption-queue/training/nouns/wordnet';
import { createRandom } from '@caption-queue/training/random';
import { describe, expect, it } from 'vitest';

const wordnet = openWordNet();
const nouns = listNouns(
  createVocabulary(
    'a is on man woman girls dog dogs animal ball grass field black shirt running running ducks people wolves'
      .split(' ')
      .filter((word, index, all) => all.indexOf(word) === index),
  ),
  wordnet,
);
const words = (text: string) => text.split(' ');

describe('nouns', () => {
  it('are things: no colours, clothes, activities or small words', () => {
    expect(Object.keys(nouns)).toEqual(
      'man woman girls dog dogs animal ball grass field ducks people wolves'.split(' '),
    );
  });

  it('know their singular and what they are a kind of', () => {
    expect(nouns.dogs?.[0]).toBe('dog');
    expect(nouns.wolves?.[0]).toBe('wolf');
    expect(nouns.dog).toContain('animal');
    expect(nouns.man).toContain('person');
    expect(nouns.people).toContain('person');
    expect(nouns.dog).not.toContain('entity');
  });
});

describe('a caption', () => {
  const judge = createJudge(nouns, [
    ['golden retriever', 'retriever', 'dog', 'animal'],
    ['soccer ball', 'ball'],
  ]);
  const captions = { kind: 'captions' as const, captions: [words('two women run on a field')] };

  it('is right when two thirds of its nouns, or what they are a kind of, are in the references', () => {
    const photo = { kind: 'captions' as const, captions: [words('an animal on the grass')] };
    expect(judge.captionIsRight(words('a dog on grass'), photo)).toBe(true);
    expect(judge.captionIsRight(words('a dog with a ball on grass'), photo)).toBe(true);
    expect(judge.captionIsRight(words('a dog with a ball'), photo)).toBe(false);
    expect(judge.captionIsRight(words('running'), photo), 'no noun').toBe(false);
    const odd = { kind: 'captions' as const, captions: [words('a constructor with a dog')] };
    expect(judge.captionIsRight(words('a dog for the constructor'), odd)).toBe(true);
  });

  it('may take people for other people', () => {
    const photo = { kind: 'captions' as const, captions: [words('a girls team on the field')] };
    expect(judge.captionIsRight(words('a man on a field'), photo)).toBe(true);
    expect(judge.captionIsRight(words('a dog on a field'), captions)).toBe(false);
  });

  it('of a photo that only has names is right when a noun is one of them', () => {
    const photo = { kind: 'names' as const, names: ['retriever', 'dog', 'animal'] };
    expect(judge.captionIsRight(words('a dog on a field'), photo)).toBe(true);
    expect(judge.captionIsRight(words('a man on a field'), photo)).toBe(false);
  });

  it('has tags that are right by their names and kinds', () => {
    const ball = (names: string[], kind?: string) =>
      judge.nameIsRight({ classIndex: 1, kind }, { kind: 'names', names });
    expect(ball(['golf ball', 'ball'], 'ball')).toBe(true);
    const photo = { kind: 'captions' as const, captions: [words('two dogs')] };
    expect(judge.nameIsRight({ classIndex: 0, kind: undefined }, photo)).toBe(true);
    expect(judge.nameIsRight({ classIndex: 1, kind: undefined }, photo)).toBe(false);
    expect(ball(['soccer ball', 'ball'])).toBe(true);
    expect(ball(['golf ball', 'ball'])).toBe(false);
  });
});

describe('logistic regression', () => {
  it('finds the weights that made the data', () => {
    const random = createRandom(1);
    const made = { bias: -0.5, weights: { x: 2, y: -1, noise: 0 } };
    const examples = Array.from({ length: 20_000 }, () => {
      const evidence = { x: random.normal(), y: 3 + random.normal(), noise: random.normal() };
      return { evidence, right: random.next() < chanceOf(made, evidence) };
    });
    const { bias, weights } = fitChance(examples, { kinds: ['x', 'y', 'noise'] });
    expect(bias).toBeCloseTo(-0.5, 0);
    expect(weights.x).toBeCloseTo(2, 0);
    expect(weights.y).toBeCloseTo(-1, 0);
    expect(Math.abs(weights.noise as number)).toBeLessThan(0.1);
  });

  it('stays finite when the evidence separates right from wrong, and when it never varies', () => {
    const examples = [-2, -1, 1, 2].map((x) => ({ evidence: { x, same: 5 }, right: x > 0 }));
    const { bias, weights } = fitChance(examples, { kinds: ['x', 'same'] });
    expect(weights.x).toBeGreaterThan(0);
    for (const value of [bias, ...Object.values(weights)]) expect(value).toSatisfy(Number.isFinite);
  });
});

describe('the area under the curve', () => {
  it('is the share of pairs in the right order, ties counting half', () => {
    const of = (...pairs: [number, boolean][]) =>
      areaUnderCurve(pairs.map(([probability, right]) => ({ probability, right })));
    expect(of([0.9, true], [0.1, false])).toBe(1);
    expect(of([0.9, false], [0.1, true])).toBe(0);
    expect(of([0.5, true], [0.5, false])).toBe(0.5);
    expect(of([0.9, true], [0.5, false], [0.5, true], [0.1, false])).toBe(0.875);
  });
});

it('cross-validation judges each item by a model that has not seen it', () => {
  const items = Array.from({ length: 23 }, (_, index) => index);
  const seen = crossValidate(items, {
    fit: (some) => new Set(some),
    predict: (model, item) => ({ knows: model.has(item), size: model.size }),
  });
  expect(seen.every(({ knows }) => !knows)).toBe(true);
  expect(new Set(seen.map(({ size }) => size))).toEqual(new Set([18, 19]));
});

it('validation of several sets judges each by a model of the others', () => {
  const items = ['a', 'a', 'b', 'c', 'c', 'c'].map((set) => ({ set }));
  const known = validate(items, {
    fit: (some) => [...new Set(some.map(({ set }) => set))].join(''),
    predict: (model) => model,
  });
  expect(known).toEqual(['bc', 'bc', 'ac', 'ab', 'ab', 'ab']);
});

describe('chances', () => {
  const photo = (standing: number, right: boolean, set = 'photos'): JudgedPhoto => ({
    set,
    file: 'photo.jpg',
    words: [],
    caption: { evidence: { corroboration: standing, nouns: 2 }, right },
    phrases: [{ evidence: { corroboration: standing + 1, nouns: 1 }, right }],
    tag: {
      classIndex: 0,
      kind: undefined,
      evidence: { probability: standing, runner_up: 0, support: 0, familiarity: 1 },
      right,
    },
    firstTagRight: right,
  });
  const random = createRandom(2);
  const many = Array.from({ length: 600 }, () => {
    const standing = 2 * random.normal();
    return photo(standing, random.next() < 1 / (1 + Math.exp(-standing)));
  });
  const at = (chances: ReturnType<typeof fitChances>, standing: number) =>
    chanceOf(chances.caption, photo(standing, true).caption.evidence);

  it('fitted on many photos are right about others', () => {
    const chances = fitChances(many);
    expect(at(chances, 2)).toBeCloseTo(0.88, 1);
    expect(at(chances, -2)).toBeCloseTo(0.12, 1);
  });

  it('come from all sets alike, however many photos each has', () => {
    const easy = Array.from({ length: 900 }, (_, index) =>
      photo((index % 9) - 4, index % 9 > 2, 'easy'),
    );
    const hard = Array.from({ length: 90 }, (_, index) =>
      photo((index % 9) - 4, index % 9 > 6, 'hard'),
    );
    // Right from −1 on in the one, from 3 on in the other: even odds lie between.
    const chances = fitChances([...easy, ...hard]);
    expect(at(chances, 1)).toBeGreaterThan(0.35);
    expect(at(chances, 1)).toBeLessThan(0.65);
  });

  it('are shifted by few photos of a harder kind, and keep their order', () => {
    const known = fitChances(many);
    const few = Array.from({ length: 30 }, (_, index) => photo((index % 10) / 3, index % 10 > 6));
    const adjusted = adjustChances(known, few);
    expect(at(adjusted, 1.5)).toBeLessThan(at(known, 1.5) - 0.2);
    expect(at(adjusted, 3)).toBeGreaterThan(at(adjusted, 0));
  });

  it('say when photos are too few or all alike', () => {
    expect(() => checkPhotos(many.slice(0, 19))).toThrow(/19 photos are too few/);
    const good = Array.from({ length: 30 }, () => photo(1, true));
    expect(() => checkPhotos(good)).toThrow(/30 are right and 0 wrong.*captioned badly/);
    expect(() => checkPhotos(many.slice(0, 30))).not.toThrow();
  });

  it('decide what is published from a threshold on', () => {
    const prediction = (probability: number, right: boolean) => ({ probability, right });
    const photo = { set: 'a', firstTagRight: true, phrases: [] };
    const photos = [
      { ...photo, caption: prediction(0.9, true), tag: prediction(0.1, false) },
      { ...photo, caption: prediction(0.3, false), tag: prediction(0.8, true) },
      {
        ...photo,
        caption: prediction(0.4, false),
        phrases: [prediction(0.45, false), prediction(0.7, true)],
        tag: prediction(0.6, false),
      },
      { ...photo, caption: prediction(0.2, true), tag: prediction(0.1, false) },
    ];
    const row = thresholdRow(photos, 0.5);
    expect(row).toMatchObject({ given: 0.75, right: 1, phrases: 1 / 3, tags: 1 / 3 });
  });
});
