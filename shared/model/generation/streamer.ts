// Tells of words and drafts while the search runs, each word once and never revised.
import type { Vocabulary } from '../vocabulary.ts';
import type { Beam } from './beam-search.ts';
import { type Hypothesis, score, sharedWords, wordNodes } from './hypothesis.ts';

export interface GeneratedWord {
  text: string;
  logProb: number;
  /** Over the 64 grid cells, row by row; sums to 1. */
  attention?: number[];
}

export type GenerationEvent =
  | ({ type: 'word'; index: number } & GeneratedWord)
  | { type: 'draft'; caption: string };

export interface Streamer {
  /**
   * Reports a word as soon as all that can still win share it: every hypothesis, live or finished. Reports a draft
   * (the best sentence so far) when it says more than the words do.
   */
  during(beam: Beam): void;
  /** Reports the words that are left of the sentence that won. */
  end(winner: Hypothesis): void;
}

export function createStreamer(options: {
  vocabulary: Vocabulary;
  lengthPenalty: number;
  onEvent: (event: GenerationEvent) => void;
}): Streamer {
  const { vocabulary, lengthPenalty, onEvent } = options;
  let reported = 0;
  let lastDraft = '';
  function report(words: Hypothesis[]): void {
    for (const node of words.slice(reported)) {
      onEvent({ type: 'word', index: reported++, ...generatedWord(node, vocabulary) });
    }
  }
  return {
    during({ live, finished }) {
      const contenders = [...live, ...finished];
      report(sharedWords(contenders));
      const leader = contenders.reduce((a, b) =>
        score(b, lengthPenalty) > score(a, lengthPenalty) ? b : a,
      );
      const draft = sentence(leader, vocabulary);
      if (draft === lastDraft || wordNodes(leader).length <= reported) return;
      lastDraft = draft;
      onEvent({ type: 'draft', caption: draft });
    },
    end: (winner) => report(wordNodes(winner)),
  };
}

export function generatedWord(node: Hypothesis, vocabulary: Vocabulary): GeneratedWord {
  return {
    text: vocabulary.wordOf(node.token),
    logProb: node.tokenLogProb,
    ...(node.attention && { attention: Array.from(node.attention) }),
  };
}

export function sentence(hypothesis: Hypothesis, vocabulary: Vocabulary): string {
  return wordNodes(hypothesis)
    .map((node) => vocabulary.wordOf(node.token))
    .join(' ');
}
