// What is said beside a caption: tags, chances, alt text, and the guidance of unfamiliar pictures.
import { captionOutput } from '@caption-queue/model/output';
import { chooseStatement, nounPhrase } from '@caption-queue/model/trust/alt-text';
import { createClassWords } from '@caption-queue/model/trust/class-words';
import { chanceOf } from '@caption-queue/model/trust/evidence';
import { createInsight, familiarity } from '@caption-queue/model/trust/insight';
import { certainlyBlank, type KindOfPicture, likeliestKind } from '@caption-queue/model/trust/kind';
import { surestName, tagsOf } from '@caption-queue/model/trust/names';
import { nounsNeeded } from '@caption-queue/model/trust/nouns';
import { phrasesOf } from '@caption-queue/model/trust/phrases';
import { createVocabulary } from '@caption-queue/model/vocabulary';
import { describe, expect, it } from 'vitest';

const labels = ['golden retriever', 'zebra', 'umbrella'];
const words = [
  ['golden retriever', 'retriever', 'dog', 'animal'],
  ['zebra', 'equine', 'animal'],
  ['umbrella', 'canopy', 'shelter'],
];
const nouns = {
  dog: ['dog', 'canine', 'animal'],
  dogs: ['dog', 'canine', 'animal'],
  umbrella: ['umbrella', 'canopy'],
  grass: ['grass', 'plant'],
};
const vocabulary = createVocabulary(['a', 'dog', 'dogs', 'umbrella', 'grass', 'black']);
const guidance = { bonus: 6, leastProbability: 0.5, mostFamiliarity: 0 };
const calibration = {
  meanClassProbabilities: [0.5, 0.00001, 0.00001],
  judgedNouns: ['dog', 'grass'],
  guidance,
};
const lookAt = createInsight({ vocabulary, words, nouns, calibration });
const see = (probabilities: number[], nounChances = [0.9, 0.5]) =>
  lookAt({
    probabilities: Float32Array.from(probabilities),
    nounChances: Float32Array.from(nounChances),
  });
const sentence = (text: string, logProb = -0.5) =>
  text.split(' ').map((word) => ({ text: word, logProb }));

describe('the words of a caption', () => {
  const classWords = createClassWords(words, nouns);

  it('name classes by their own names and by their kind, in the plural too', () => {
    expect([...classWords.classesNamedBy(['two', 'dogs'])]).toEqual([0]);
    expect([...classWords.classesNamedBy(['a', 'golden', 'retriever'])]).toEqual([0]);
    expect([...classWords.classesNamedBy(['a', 'black', 'shelter'])]).toEqual([]);
  });

  it('are found for a class', () => {
    expect(classWords.wordsNaming(0)).toEqual(['dog', 'dogs']);
    expect(classWords.wordsNaming(1)).toEqual([]);
  });
});

describe('evidence', () => {
  it('for a caption: whether its nouns are expected, and whether the classifier agrees', () => {
    const said = ['dog', 'grass'];
    // Both nouns are needed: 0.9 · 0.5.
    const standing = Math.log(0.45 / 0.55);
    const of = (...probabilities: number[]) => see(probabilities).ofCaption(said);
    expect(of(0.4, 0.3, 0.3)).toEqual({
      corroboration: expect.closeTo(standing, 6),
      nouns: 2,
    });
    const agreement = Math.log(0.7 / 0.3);
    expect(of(0.7, 0.2, 0.1).corroboration).toBeCloseTo(standing + 0.85 * agreement);
    expect(of(0.2, 0.7, 0.1).corroboration).toBeCloseTo(standing - 0.2 * agreement);
    expect(of(0, 1, 0).corroboration, 'finite').toBeGreaterThan(standing - 2);
  });

  it('for a name: its own probability, the next one’s, and whether people would use a word for it', () => {
    const evidence = see([0.7, 0.2, 0.1]).ofName();
    expect(evidence.probability).toBeCloseTo(Math.log(0.7 / 0.3));
    expect(evidence.runner_up).toBeCloseTo(Math.log(0.2 / 0.8));
    expect(evidence.support).toBeCloseTo(Math.log(0.9 / 0.1));
  });

  it('is high for what the training photos had, and low for what they had not', () => {
    const means = calibration.meanClassProbabilities;
    expect(familiarity(Float32Array.of(1, 0, 0), means)).toBeCloseTo(Math.log(500.02));
    expect(familiarity(Float32Array.of(0, 1, 0), means)).toBeCloseTo(Math.log(0.03));
  });

  it('becomes a chance; evidence that is missing is an error', () => {
    const chance = { bias: 1, weights: { standing: 2 } };
    expect(chanceOf(chance, { standing: -0.5 })).toBeCloseTo(0.5);
    expect(() => chanceOf(chance, {})).toThrow(/standing/);
  });

  it.each([
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 2],
    [6, 4],
    [7, 5],
  ])('of %i nouns %i must stand', (count, needed) => {
    expect(nounsNeeded(count)).toBe(needed);
  });
});

describe('the name of what is seen', () => {
  const kinds = [
    ['doberman', 'pinscher', 'dog', 'animal'],
    ['golden retriever', 'retriever', 'dog', 'animal'],
    ['tabby', 'cat', 'animal'],
  ];
  const known = { dog: ['dog'], dogs: ['dog'], animal: ['animal'] };
  const knowledge = { words: kinds, nouns: known, classWords: createClassWords(kinds, known) };
  const nameOf = (...probabilities: number[]) =>
    surestName(Float32Array.from(probabilities), knowledge);

  it('is the class that the classifier is sure of', () => {
    expect(nameOf(0.85, 0.1, 0.05)).toEqual({ classIndex: 0, kind: undefined, classes: [0] });
  });

  it('is the nearest kind where it wavers, in a word that the captioner knows', () => {
    expect(nameOf(0.5, 0.4, 0.1)).toEqual({ classIndex: 0, kind: 'dog', classes: [0, 1] });
    expect(nameOf(0.4, 0.2, 0.4)).toMatchObject({ classIndex: 0, kind: 'animal' });
  });

  it('is the likeliest class where no kind is sure', () => {
    expect(nameOf(0.1, 0.2, 0.3)).toEqual({ classIndex: 2, kind: undefined, classes: [2] });
  });
});

describe('guidance', () => {
  it('asks for a word that names what the classifier is sure of, on unfamiliar pictures only', () => {
    expect(see([0, 0.3, 0.7]).guidance).toEqual({
      tokens: new Set([vocabulary.tokenIdOf('umbrella')]),
      bonus: 6,
    });
    expect(see([0.9, 0, 0.1]).guidance).toBeUndefined();
    expect(see([0, 1, 0]).guidance, 'no word for a zebra').toBeUndefined();
    expect(see([0, 0.6, 0.4]).guidance, 'not sure enough').toBeUndefined();
  });
});

describe('alt text', () => {
  const caption = { text: 'a dog in the grass', chance: 0.6 };
  const phrases = [{ text: 'a dog', chance: 0.8 }];
  const tag = { text: 'an umbrella', chance: 0.7 };
  const chosen = (minConfidence: number, of: Partial<typeof all> = {}) =>
    chooseStatement({ ...all, ...of }, minConfidence)?.text;
  const all = { caption, phrases, tag };

  it('is the caption, or the name of what is seen where that is likelier', () => {
    expect(chosen(0.5)).toBe(tag.text);
    expect(chosen(0.5, { tag: { ...tag, chance: 0.5 } })).toBe(caption.text);
  });

  it('is the beginning of the caption that is sure enough where the whole is not', () => {
    expect(chosen(0.65)).toBe('a dog');
    const longer = { text: 'a dog in the tall grass', chance: 0.66 };
    expect(chosen(0.65, { phrases: [longer, ...phrases], tag: caption })).toBe(longer.text);
  });

  it('is nothing when nothing reaches the threshold', () => {
    expect(chosen(0.81)).toBeUndefined();
  });

  it.each([
    ['a dog is running', [['a', 'dog']]],
    ['a dog on the grass', [['a', 'dog']]],
    ['a dog dog runs on grass', [['a', 'dog', 'dog']]],
    ['running', []],
  ])('begins like “%s”, up to one of its things', (text, beginnings) => {
    expect(phrasesOf(text.split(' '), nouns)).toEqual(beginnings);
  });

  it.each([
    ['umbrella', 'an umbrella'],
    ['unicycle', 'a unicycle'],
    ['hourglass', 'an hourglass'],
    ['sunglasses', 'sunglasses'],
    ['red wine', 'red wine'],
    ['jean', 'jeans'],
    ['French horn', 'a French horn'],
    ['iPod', 'an iPod'],
  ])('says %s as “%s”', (label, phrase) => {
    expect(nounPhrase(label)).toBe(phrase);
  });
});

describe('the answer', () => {
  const generated = {
    words: sentence('a dog'),
    alternatives: [
      { caption: 'a dog', logProb: -1, words: sentence('a dog') },
      { caption: 'a grass', logProb: -2, words: sentence('a grass') },
    ],
  };
  const chances = {
    caption: { bias: 0, weights: { corroboration: 0.5 } },
    tag: { bias: -5, weights: {} },
    minConfidence: 0.8,
  };

  it('has a confidence for every alternative, tags, and an alt text above the threshold', () => {
    const probabilities = Float32Array.of(0.75, 0.2, 0.05);
    const observation = { generated, probabilities, insight: see([0.75, 0.2, 0.05]) };
    const trust = { labels, calibration: { ...calibration, ...chances } };
    const output = captionOutput(observation, trust);
    expect(output.confidence).toBe(0.8271);
    expect(output.alternatives.map(({ confidence }) => confidence)).toEqual([0.8271, 0.4726]);
    expect(output.alt_text).toBe('a dog');
    expect(output.tags).toEqual([
      { name: 'golden retriever', confidence: 0.75 },
      { name: 'zebra', confidence: 0.2 },
    ]);
    expect(captionOutput(observation, { ...trust, minConfidence: 0.95 }).alt_text).toBeNull();
  });

  it('of a bundle that was never calibrated has no confidence and no alt text', () => {
    const output = captionOutput({ generated }, { labels: [] });
    expect(output).toMatchObject({ confidence: null, alt_text: null, kind: null, tags: [] });
  });

  describe('about what is no photo', () => {
    const insight = see([0.75, 0.2, 0.05]);
    const probabilities = Float32Array.of(0.75, 0.2, 0.05);
    const trust = { labels, calibration: { ...calibration, ...chances } };
    const screenshot = likeliestKind(Float32Array.of(0.1, 0.05, 0.7, 0.05, 0.05, 0.05));
    const of = (kind: KindOfPicture) => ({ generated, probabilities, insight, kind });

    it('has no alt text and no tags, and a confidence of what the caption is worth', () => {
      expect(captionOutput(of(screenshot), trust)).toMatchObject({
        kind: 'screenshot',
        kind_confidence: 0.7,
        confidence: 0.0827,
        alt_text: null,
        tags: [],
      });
    });

    it('is what it would be for a photo where captions of its kind are asked for', () => {
      const publishing = { ...trust, kinds: ['screenshot' as const] };
      expect(captionOutput(of(screenshot), publishing)).toMatchObject({
        kind: 'screenshot',
        confidence: 0.8271,
        alt_text: 'a dog',
      });
      const photo = likeliestKind(Float32Array.of(1, 0, 0, 0, 0, 0));
      expect(captionOutput(of(photo), publishing).alt_text, 'photos were not').toBeNull();
    });

    it('knows a blank picture for certain', () => {
      const output = captionOutput(of(certainlyBlank), trust);
      expect(output).toMatchObject({ kind: 'blank', kind_confidence: 1, confidence: 0 });
    });
  });

  it('has at most five tags, surest first', () => {
    const names = Array.from({ length: 9 }, (_, index) => `class ${index}`);
    const tags = tagsOf(
      Float32Array.from(names, (_, index) => 0.11 + index / 100),
      names,
    );
    expect(tags.map(({ name }) => name)).toEqual([8, 7, 6, 5, 4].map((n) => `class ${n}`));
  });
});
