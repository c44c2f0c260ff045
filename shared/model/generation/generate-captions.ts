// From features to sentences: the one way captions are made, in the worker and on the command line.

import type { Vocabulary } from '../vocabulary.ts';
import { type BeamSearchOptions, beamSearch } from './beam-search.ts';
import { type Hypothesis, score, wordNodes } from './hypothesis.ts';
import type { StepDecoder } from './step-decoder.ts';
import {
  createStreamer,
  type GeneratedWord,
  type GenerationEvent,
  generatedWord,
  sentence,
} from './streamer.ts';

export interface GenerationOptions extends Omit<BeamSearchOptions, 'minLength'> {
  /** What else speaks for a finished sentence, added to its score, in nats a word; default: nothing. */
  support?: ((words: readonly string[]) => number) | undefined;
  /** How many captions to answer, best first; no more than the beam finds. */
  alternatives: number;
}

export interface GenerationResult {
  /** Of the best caption. */
  words: GeneratedWord[];
  /** Best first; the first is the caption. `logProb` is of the whole sequence, end token included. */
  alternatives: { caption: string; logProb: number; words: GeneratedWord[] }[];
}

/** A caption has at least one word. */
const MIN_LENGTH = 1;

/**
 * Captions one picture.
 * @param grid `[64, 2048]`
 * @param signal checked between two words
 * @throws the signal's reason when it aborts
 */
export async function generateCaptions({
  decoder,
  grid,
  vocabulary,
  options,
  signal,
  onEvent,
}: {
  decoder: StepDecoder;
  grid: Float32Array;
  vocabulary: Vocabulary;
  options: GenerationOptions;
  signal?: AbortSignal;
  onEvent?: (event: GenerationEvent) => void;
}): Promise<GenerationResult> {
  const { alternatives, support, ...search } = options;
  const report =
    onEvent && createStreamer({ vocabulary, lengthPenalty: search.lengthPenalty, onEvent });
  let finished: readonly Hypothesis[] = [];
  signal?.throwIfAborted();
  const steps = beamSearch(decoder, grid, { ...search, minLength: MIN_LENGTH });
  for await (const beam of steps) {
    signal?.throwIfAborted();
    report?.during(beam);
    finished = beam.finished;
  }
  const worth = (hypothesis: Hypothesis) =>
    score(hypothesis, search.lengthPenalty) +
    (support?.(wordNodes(hypothesis).map(({ token }) => vocabulary.wordOf(token))) ?? 0);
  const ranked = finished
    .map((hypothesis) => ({ hypothesis, worth: worth(hypothesis) }))
    .sort((a, b) => b.worth - a.worth);
  const [best] = ranked;
  if (best) report?.end(best.hypothesis);
  const found = ranked.slice(0, alternatives).map(({ hypothesis }) => ({
    caption: sentence(hypothesis, vocabulary),
    logProb: hypothesis.logProb,
    words: wordNodes(hypothesis).map((node) => generatedWord(node, vocabulary)),
  }));
  return { words: found[0]?.words ?? [], alternatives: found };
}
