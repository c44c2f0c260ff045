// Beam search over a step decoder. A beam of 1 is greedy decoding.

import { beginTokenId, endTokenId } from '../vocabulary.ts';
import { type Guidance, type Hypothesis, rank, score } from './hypothesis.ts';
import { bestTokens, blockedTokens, type NextToken } from './next-tokens.ts';
import { type DecoderState, type StepDecoder, selectRows } from './step-decoder.ts';

export interface BeamSearchOptions {
  /** Hypotheses kept alive, 1 or more. */
  beamWidth: number;
  /** Fewest and most words. */
  minLength: number;
  maxLength: number;
  /** Scores are log-probability ÷ length^penalty: 0 favours short captions, 1 compares means. */
  lengthPenalty: number;
  guidance?: Guidance | undefined;
}

/** The search after a step; `finished` is sorted, best first. */
export interface Beam {
  live: Hypothesis[];
  finished: Hypothesis[];
}

const root: Hypothesis = {
  token: beginTokenId,
  tokenLogProb: 0,
  logProb: 0,
  length: 0,
  bonus: 0,
};

/**
 * Yields the beam after every step; the last has nothing live. A sentence that ends leaves the beam
 * one narrower, so as many sentences come out as the beam was wide. Its consumer decides about stopping
 * early (cancellation) by not asking for the next.
 * @param grid `[64, 2048]`
 */
export async function* beamSearch(
  decoder: StepDecoder,
  grid: Float32Array,
  options: BeamSearchOptions,
): AsyncGenerator<Beam> {
  let state: DecoderState = await decoder.start(grid);
  let live = [root];
  let finished: Hypothesis[] = [];
  const guided = [...(options.guidance?.tokens ?? [])];
  while (live.length > 0) {
    const tokens = Int32Array.from(live, (hypothesis) => hypothesis.token);
    const blocked = live.map((hypothesis) => blockedTokens(hypothesis, options.minLength));
    const count = options.beamWidth + Math.max(...blocked.map(({ size }) => size));
    const step = await decoder.step(state, tokens, {
      count: Math.min(count, decoder.vocabularySize),
      also: guided,
    });
    const { next } = step;
    const candidates = live.flatMap((hypothesis, row) => {
      const attention = step.attention && rowOf(step.attention, row, live.length);
      const told = {
        candidates: rowOf(step.candidates, row, live.length),
        logProbs: rowOf(step.logProbs, row, live.length),
      };
      return bestTokens(told, {
        hypothesis,
        blocked: blocked[row] as Set<number>,
        count: options.beamWidth,
        guidance: options.guidance,
      }).map((token) => ({ row, hypothesis: grow(hypothesis, token, attention) }));
    });
    candidates.sort((a, b) => rank(b.hypothesis) - rank(a.hypothesis));
    const survivors = candidates.slice(0, options.beamWidth - finished.length);
    const isOver = ({ hypothesis }: (typeof survivors)[number]) =>
      hypothesis.token === endTokenId || hypothesis.length >= options.maxLength;
    const over = survivors.filter(isOver);
    const going = survivors.filter((candidate) => !isOver(candidate));
    finished = [...finished, ...over.map(({ hypothesis }) => hypothesis)].sort(
      (a, b) => score(b, options.lengthPenalty) - score(a, options.lengthPenalty),
    );
    live = going.map(({ hypothesis }) => hypothesis);
    const rows = going.map(({ row }) => row);
    state = selectRows(next, rows, decoder.units);
    yield { live, finished };
  }
}

function grow(
  parent: Hypothesis,
  { token, logProb, bonus }: NextToken,
  attention?: Float32Array,
): Hypothesis {
  return {
    parent,
    token,
    tokenLogProb: logProb,
    logProb: parent.logProb + logProb,
    length: parent.length + 1,
    bonus,
    ...(attention && { attention }),
  };
}

/** A row of a flat matrix of so many rows. */
function rowOf<T extends Float32Array | Int32Array>(values: T, row: number, rows: number): T {
  const width = values.length / rows;
  return values.subarray(row * width, (row + 1) * width) as T;
}
