// A sentence in the making: a chain of tokens, so that sentences with a common beginning share it.
import { endTokenId } from '../vocabulary.ts';

/** Words that a sentence should have one of: a soft constraint (Anderson et al. 2017, https://arxiv.org/abs/1612.00576). */
export interface Guidance {
  readonly tokens: ReadonlySet<number>;
  /** Nats for the first of them in a sentence, 0 or more. */
  readonly bonus: number;
}

export interface Hypothesis {
  /** Absent at the root, which stands for the begin token. */
  readonly parent?: Hypothesis;
  readonly token: number;
  /** Natural logarithm of this token's probability after those before it. */
  readonly tokenLogProb: number;
  /** Of the whole chain. */
  readonly logProb: number;
  /** Tokens in the chain, the begin token not counted. */
  readonly length: number;
  /** What guidance adds to the log-probability while hypotheses are compared, in nats; no probability. */
  readonly bonus: number;
  /** Where the decoder looked for this token, `[64]`. */
  readonly attention?: Float32Array;
}

/** The chain's tokens from the first word on; the end token is left out. */
export function wordNodes(hypothesis: Hypothesis): Hypothesis[] {
  const nodes: Hypothesis[] = [];
  for (let node = hypothesis; node.parent; node = node.parent) {
    if (node.token !== endTokenId) nodes.push(node);
  }
  return nodes.reverse();
}

/** What hypotheses of one length are compared by. */
export function rank({ logProb, bonus }: Pick<Hypothesis, 'logProb' | 'bonus'>): number {
  return logProb + bonus;
}

/** What hypotheses of different lengths are compared by: rank ÷ length^penalty. */
export function score(hypothesis: Hypothesis, lengthPenalty: number): number {
  return rank(hypothesis) / Math.max(1, hypothesis.length) ** lengthPenalty;
}

/** How many words all of them share from the beginning on. */
export function sharedWords(hypotheses: Hypothesis[]): Hypothesis[] {
  const [first = [], ...others] = hypotheses.map(wordNodes);
  // One prefix is one chain: equal words at equal places are the same node.
  const end = first.findIndex((node, i) => others.some((other) => other[i] !== node));
  return end === -1 ? first : first.slice(0, end);
}
