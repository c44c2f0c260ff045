// The best next tokens, found among a few of the likeliest, are those that a look at the whole vocabulary finds.
import type { Guidance, Hypothesis } from '@caption-queue/model/generation/hypothesis';
import { bestTokens, blockedTokens } from '@caption-queue/model/generation/next-tokens';
import { describe, expect, it } from 'vitest';
import { likeliestOf } from '../../../support/model/likeliest.ts';
import { createRandom } from '../../../support/numbers/random.ts';

const random = createRandom(23);
const VOCABULARY = 60;

function sentence(tokens: number[], bonus = 0): Hypothesis {
  return tokens.reduce<Hypothesis>(
    (parent, token, index) => ({
      parent,
      token,
      tokenLogProb: 0,
      logProb: 0,
      length: index + 1,
      bonus,
    }),
    { token: 1, tokenLogProb: 0, logProb: 0, length: 0, bonus: 0 },
  );
}

/** By going through all tokens. */
function bestOfAll(
  logProbs: Float32Array,
  options: {
    hypothesis: Hypothesis;
    blocked: ReadonlySet<number>;
    count: number;
    guidance: Guidance | undefined;
  },
): number[] {
  const { hypothesis, blocked, count, guidance } = options;
  const values = Array.from(logProbs, (logProb, token) => ({
    token,
    value: logProb + (hypothesis.bonus || (guidance?.tokens.has(token) ? guidance.bonus : 0)),
  }));
  return values
    .filter(({ token, value }) => !blocked.has(token) && value > Number.NEGATIVE_INFINITY)
    .sort((a, b) => b.value - a.value || a.token - b.token)
    .slice(0, count)
    .map(({ token }) => token);
}

const oneOf = (count: number) => Math.floor(random() * count);

it('are the same over thousands of rows, with equal, impossible, blocked and guided tokens among them', () => {
  const seen = { guided: 0, earned: 0, fewer: 0 };
  for (let round = 0; round < 3000; round++) {
    // Few levels, so that many are equal; and sometimes hardly any that is possible.
    const possible = round % 10 === 0 ? 0.05 : 0.9;
    const logProbs = Float32Array.from({ length: VOCABULARY }, () =>
      random() < possible ? -oneOf(12) / 2 : Number.NEGATIVE_INFINITY,
    );
    // Few words, so that some are blocked for having been said.
    const words = Array.from({ length: oneOf(14) }, () => 4 + oneOf(3));
    const hypothesis = sentence(words, round % 7 === 0 && words.length > 0 ? 3 : 0);
    const guidance =
      round % 2 === 0
        ? { tokens: new Set([oneOf(VOCABULARY), oneOf(VOCABULARY)]), bonus: oneOf(5) }
        : undefined;
    const blocked = blockedTokens(hypothesis, 1);
    const count = 1 + oneOf(5);
    const options = { hypothesis, blocked, count, guidance };
    const likeliest = likeliestOf(logProbs, count + blocked.size);
    const candidates = Int32Array.of(...likeliest, ...(guidance?.tokens ?? []));
    const told = {
      candidates,
      logProbs: Float32Array.from(candidates, (id) => logProbs[id] as number),
    };
    const best = bestTokens(told, options);
    expect(best.map(({ token }) => token)).toEqual(bestOfAll(logProbs, options));
    for (const { token, logProb, bonus } of best) {
      expect(logProb).toBe(logProbs[token]);
      expect(bonus).toBe(hypothesis.bonus || (guidance?.tokens.has(token) ? guidance.bonus : 0));
      if (guidance && !hypothesis.bonus && !likeliest.includes(token)) seen.guided++;
    }
    if (hypothesis.bonus && guidance) seen.earned++;
    if (best.length < count) seen.fewer++;
  }
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(20);
});

describe('blocked are', () => {
  it('tokens that are no words, and the end of a sentence that is too short', () => {
    expect([...blockedTokens(sentence([]), 1)].sort()).toEqual([0, 1, 2, 3]);
    expect(blockedTokens(sentence([]), 0).has(2)).toBe(false);
    expect(blockedTokens(sentence([7]), 1).has(2)).toBe(false);
    expect(blockedTokens(sentence([7]), 2).has(2)).toBe(true);
  });

  it('the last word, and what would make three words come a second time', () => {
    expect([...blockedTokens(sentence([7, 8, 9, 5, 7, 8]), 1)].slice(3)).toEqual([8, 9]);
    expect([...blockedTokens(sentence([7, 8, 9, 7, 8, 4, 7, 8]), 1)].slice(3)).toEqual([8, 9, 4]);
  });
});
