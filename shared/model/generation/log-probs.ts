// From logits to the log-probabilities of the tokens that may come next.
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
 * The `count` likeliest tokens after `hypothesis`, best first, with what guidance adds to them. Never `<pad>`, `<begin>` or
 * `<unknown>`; no end before `minLength` words; no word twice in a row and no three words a second
 * time. What is ruled out keeps its share of the probability: log-probabilities stay the model's own.
 * @param logits `[vocabulary]`
 */
export function likeliestTokens(
  logits: Float32Array,
  {
    hypothesis,
    count,
    minLength,
    guidance,
  }: { hypothesis: Hypothesis; count: number; minLength: number; guidance?: Guidance | undefined },
): NextToken[] {
  const normaliser = logSumExp(logits);
  const blocked = blockedTokens(hypothesis);
  if (hypothesis.length < minLength) blocked.add(endTokenId);
  const best: NextToken[] = [];
  const impossible = Number.NEGATIVE_INFINITY;
  for (let token = 0; token < logits.length; token++) {
    const logProb = (logits[token] as number) - normaliser;
    const bonus = hypothesis.bonus || (guidance?.tokens.has(token) ? guidance.bonus : 0);
    const value = logProb + bonus;
    const last = best[count - 1];
    const atLeast = last ? rank(last) : impossible;
    if (value <= atLeast || blocked.has(token)) continue;
    let place = Math.min(best.length, count - 1);
    while (place > 0 && rank(best[place - 1] as NextToken) < value) {
      best[place] = best[place - 1] as NextToken;
      place--;
    }
    best[place] = { token, logProb, bonus };
  }
  return best;
}

function logSumExp(values: Float32Array): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) if (value > largest) largest = value;
  let sum = 0;
  for (const value of values) sum += Math.exp(value - largest);
  return largest + Math.log(sum);
}

function blockedTokens(hypothesis: Hypothesis): Set<number> {
  const blocked = new Set([padTokenId, beginTokenId, unknownTokenId]);
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
