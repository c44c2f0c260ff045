// Beam search and streaming over a scripted decoder: what comes next depends on the words so far.
import {
  type GenerationOptions,
  generateCaptions,
} from '@caption-queue/model/generation/generate-captions';
import type { StepDecoder } from '@caption-queue/model/generation/step-decoder';
import type { GenerationEvent } from '@caption-queue/model/generation/streamer';
import { createVocabulary } from '@caption-queue/model/vocabulary';
import { describe, expect, it } from 'vitest';
import { likeliestOf } from '../../support/model/likeliest.ts';

const vocabulary = createVocabulary(['a', 'dog', 'cat', 'runs', 'sleeps']);
const grid = new Float32Array(64 * 2048);
const defaults: GenerationOptions = {
  beamWidth: 3,
  maxLength: 6,
  lengthPenalty: 0,
  alternatives: 3,
};

/** Words so far → probabilities of the next; what is missing is impossible. The state is the sentence. */
function scripted(script: Record<string, Record<string, number>>): StepDecoder {
  const sentences = [''];
  return {
    vocabularySize: vocabulary.size,
    units: 1,
    start: async () => ({ picture: {}, state: new Float32Array(1), cell: new Float32Array(1) }),
    async step({ state }, tokens, { count = 1, also = [] } = {}) {
      const rows = Array.from(tokens, (token, row) => {
        const before = sentences[state[row] as number] as string;
        const word = vocabulary.wordOf(token);
        return word === '<begin>' ? '' : `${before} ${word}`.trim();
      });
      const logProbs = new Float32Array(rows.length * vocabulary.size).fill(
        Number.NEGATIVE_INFINITY,
      );
      rows.forEach((sentence, row) => {
        const next = script[sentence] ?? { '<end>': 1 };
        for (const [word, probability] of Object.entries(next)) {
          const token = ['<pad>', '<begin>', '<end>', '<unknown>'].indexOf(word);
          const id = token === -1 ? vocabulary.tokenIdOf(word) : token;
          logProbs[row * vocabulary.size + id] = Math.log(probability);
        }
      });
      const rowOf = (row: number) =>
        logProbs.subarray(row * vocabulary.size, (row + 1) * vocabulary.size);
      const candidates = rows.map((_, row) => [...likeliestOf(rowOf(row), count), ...also]);
      const first = sentences.push(...rows) - rows.length;
      const nextState = Float32Array.from(rows, (_, row) => first + row);
      return {
        candidates: Int32Array.from(candidates.flat()),
        logProbs: Float32Array.from(
          candidates.flatMap((ids, row) => ids.map((id) => rowOf(row)[id] as number)),
        ),
        next: { picture: {}, state: nextState, cell: new Float32Array(rows.length) },
      };
    },
    dispose: async () => {},
  };
}

const animals = scripted({
  '': { a: 1 },
  a: { dog: 0.55, cat: 0.45 },
  'a dog': { runs: 0.5, sleeps: 0.5 },
  'a cat': { sleeps: 1 },
});

async function generate(decoder: StepDecoder, options: Partial<GenerationOptions> = {}) {
  const events: GenerationEvent[] = [];
  const result = await generateCaptions({
    decoder,
    grid,
    vocabulary,
    options: { ...defaults, ...options },
    onEvent: (event) => events.push(event),
  });
  return { ...result, events };
}

describe('beam search', () => {
  it('follows the likeliest word when the beam is one wide', async () => {
    const { alternatives } = await generate(animals, { beamWidth: 1, alternatives: 1 });
    expect(alternatives.map((a) => a.caption)).toEqual(['a dog runs']);
  });

  it('finds the likelier sentence that greedy decoding misses', async () => {
    const { alternatives, words } = await generate(animals);
    expect(alternatives[0]?.caption).toBe('a cat sleeps');
    expect(alternatives[0]?.logProb).toBeCloseTo(Math.log(0.45), 5);
    expect(words.map((word) => word.text)).toEqual(['a', 'cat', 'sleeps']);
    expect(words[1]?.logProb).toBeCloseTo(Math.log(0.45), 5);
  });

  it('answers different captions, best first, and only as many as were asked for', async () => {
    const { alternatives } = await generate(animals);
    expect(alternatives.map((a) => a.caption).sort()).toEqual([
      'a cat sleeps',
      'a dog runs',
      'a dog sleeps',
    ]);
    expect((await generate(animals, { alternatives: 2 })).alternatives).toHaveLength(2);
  });

  it('prefers a sentence with a word that it is guided to, at that sentence’s own probability', async () => {
    const guidance = { tokens: new Set([vocabulary.tokenIdOf('cat')]), bonus: 6 };
    const { alternatives, words } = await generate(animals, { beamWidth: 1, guidance });
    expect(alternatives.map((a) => a.caption)).toEqual(['a cat sleeps']);
    expect(alternatives[0]?.logProb).toBeCloseTo(Math.log(0.45), 5);
    expect(words[1]?.logProb).toBeCloseTo(Math.log(0.45), 5);
    // What is impossible stays so.
    const impossible = { tokens: new Set([vocabulary.tokenIdOf('sleeps')]), bonus: 6 };
    const guided = await generate(animals, { beamWidth: 1, guidance: impossible });
    expect(guided.alternatives[0]?.caption).toBe('a dog sleeps');
  });

  it('prefers of the sentences found the one that something else speaks for', async () => {
    const best = async (nats: number) => {
      const support = (said: readonly string[]) => (said.includes('dog') ? nats : 0);
      return (await generate(animals, { support })).alternatives.map(({ caption }) => caption);
    };
    expect(await best(0)).toEqual(['a cat sleeps', 'a dog runs', 'a dog sleeps']);
    expect(await best(1)).toEqual(['a dog runs', 'a dog sleeps', 'a cat sleeps']);
  });

  it('stops at the greatest length', async () => {
    const { words } = await generate(animals, { maxLength: 2 });
    expect(words).toHaveLength(2);
  });

  it('prefers longer sentences when the length penalty grows', async () => {
    const decoder = scripted({ '': { a: 1 }, a: { '<end>': 0.5, dog: 0.4 }, 'a dog': { runs: 1 } });
    expect((await generate(decoder, { beamWidth: 2 })).alternatives[0]?.caption).toBe('a');
    const lengthPenalty = 1;
    expect(
      (await generate(decoder, { beamWidth: 2, lengthPenalty })).alternatives[0]?.caption,
    ).toBe('a dog runs');
  });

  it('never says a special token, the same word twice in a row, or nothing at all', async () => {
    const decoder = scripted({
      '': { '<end>': 0.9, '<unknown>': 0.05, a: 0.04 },
      a: { a: 0.9, '<begin>': 0.05, dog: 0.04 },
    });
    const { alternatives } = await generate(decoder, { beamWidth: 1 });
    expect(alternatives[0]?.caption).toBe('a dog');
  });

  it('says no three words a second time', async () => {
    const decoder = scripted({
      '': { a: 1 },
      a: { dog: 1 },
      'a dog': { runs: 1 },
      'a dog runs': { a: 1 },
      'a dog runs a': { dog: 1 },
      'a dog runs a dog': { runs: 0.9, sleeps: 0.1 },
    });
    const { alternatives } = await generate(decoder, { beamWidth: 1 });
    expect(alternatives[0]?.caption).toBe('a dog runs a dog sleeps');
  });
});

describe('streaming', () => {
  it('reports each word of the caption once, in order, with its log-probability', async () => {
    const { events, words } = await generate(animals);
    const streamed = events.filter((event) => event.type === 'word');
    expect(streamed.map(({ index, text, logProb }) => ({ index, text, logProb }))).toEqual(
      words.map(({ text, logProb }, index) => ({ index, text, logProb })),
    );
  });

  it('holds a word back while hypotheses that can still win disagree about it, and shows a draft', async () => {
    const { events } = await generate(animals);
    const kinds = events.map((event) =>
      event.type === 'word' ? event.text : `(${event.caption})`,
    );
    expect(kinds).toEqual(['a', '(a dog)', '(a cat sleeps)', 'cat', 'sleeps']);
  });

  it('never reports a word that what speaks for another sentence takes back', async () => {
    const support = (said: readonly string[]) => (said.includes('dog') ? 5 : 0);
    const { events, words, alternatives } = await generate(animals, { support });
    expect(alternatives[0]?.caption).toMatch(/^a dog/);
    const streamed = events.flatMap((event) => (event.type === 'word' ? event.text : []));
    expect(streamed).toEqual(words.map(({ text }) => text));
  });

  it('stops between two words when it is aborted', async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const generation = generateCaptions({
      decoder: animals,
      grid,
      vocabulary,
      options: defaults,
      signal: controller.signal,
      onEvent: (event) => {
        if (event.type === 'word') seen.push(event.text);
        controller.abort(new Error('canceled'));
      },
    });
    await expect(generation).rejects.toThrow('canceled');
    expect(seen).toEqual(['a']);
  });
});
