// Which tokens may come next in a sentence, and the best of them.
import { beginTokenId, endTokenId, padTokenId, unknownTokenId } from '../vocabulary.ts';
import { type Guidance, type Hypothesis, rank } from './hypothesis.ts';

/** Two words that came one after the other may do so once: a captioner in a loop repeats phrases. */
const BLOCKED_NGRAM = 3;

export interface NextToken {
  token: number;
  logProb: number;
  /** The hypothesis's own, or what this token earns it. */
  bonus: number;
}

/**
 * Tokens that may not come after `hypothesis`: `<pad>`, `<begin>` and `<unknown>`; the end before `minLength` words; a
 * word twice in a row, and three words a second time. What is ruled out keeps its share of the probability:
 * log-probabilities stay the model's own.
 */
export function blockedTokens(hypothesis: Hypothesis, minLength: number): Set<number> {
  const blocked = new Set([padTokenId, beginTokenId, unknownTokenId]);
  if (hypothesis.length < minLength) blocked.add(endTokenId);
  const tokens: number[] = [];
  for (let node = hypothesis; node.parent; node = node.parent) tokens.unshift(node.token);
  const last = tokens.at(-1);
  if (last === undefined) return blocked;
  blocked.add(last);
  const tail = tokens.slice(1 - BLOCKED_NGRAM);
  if (tail.length < BLOCKED_NGRAM - 1) return blocked;
  for (let i = 0; i + tail.length < tokens.length; i++) {
    if (tail.every((token, k) => tokens[i + k] === token))
      blocked.add(tokens[i + tail.length] as number);
  }
  return blocked;
}

/**
 * The `count` best tokens after `hypothesis`, best first, with what guidance adds to them.
 * @param candidates the likeliest tokens, at least `count` and as many as are blocked, and those that guidance is for. One
 *   that is left out is no better than `count` others that may come, for guidance takes nothing from any token.
 * @param logProbs of the candidates
 */
export function bestTokens(
  { candidates, logProbs }: { candidates: Int32Array; logProbs: Float32Array },
  {
    hypothesis,
    blocked,
    count,
    guidance,
  }: {
    hypothesis: Hypothesis;
    blocked: ReadonlySet<number>;
    count: number;
    guidance?: Guidance | undefined;
  },
): NextToken[] {
  // Only the first guided word of a sentence is worth something.
  const guided = hypothesis.bonus ? undefined : guidance;
  const bonusOf = (token: number) => (guided?.tokens.has(token) ? guided.bonus : hypothesis.bonus);
  const logProbOf = new Map<number, number>();
  for (const [i, token] of candidates.entries()) {
    const logProb = logProbs[i] as number;
    if (logProb > Number.NEGATIVE_INFINITY && !blocked.has(token)) logProbOf.set(token, logProb);
  }
  return [...logProbOf]
    .map(([token, logProb]) => ({ token, logProb, bonus: bonusOf(token) }))
    .sort((a, b) => rank(b) - rank(a) || a.token - b.token)
    .slice(0, count);
}
