// All figures that are reported for a split: agreement with the references, and how varied the captions are.
import { corpusBleu } from './bleu.ts';
import { ciderD } from './cider-d.ts';
import { rougeL } from './rouge-l.ts';
import type { ScoredCaption } from './scored-caption.ts';

/** A type, not an interface, so that it can stand in a bundle's `metrics` record. */
export type CaptionScores = {
  bleu1: number;
  bleu2: number;
  bleu3: number;
  bleu4: number;
  rougeL: number;
  cider: number;
  /** How many different captions there are. */
  distinctCaptions: number;
  /** How many different words all captions use. */
  distinctWords: number;
  /** Words a caption. */
  meanLength: number;
};

/** @throws RangeError when there is no caption to score. */
export function scoreCaptions(captions: readonly ScoredCaption[]): CaptionScores {
  if (captions.length === 0) throw new RangeError('There are no captions to score.');
  const [bleu1, bleu2, bleu3, bleu4] = corpusBleu(captions) as [number, number, number, number];
  const words = captions.flatMap(({ hypothesis }) => hypothesis);
  return {
    bleu1,
    bleu2,
    bleu3,
    bleu4,
    rougeL: rougeL(captions),
    cider: ciderD(captions),
    distinctCaptions: new Set(captions.map(({ hypothesis }) => hypothesis.join(' '))).size,
    distinctWords: new Set(words).size,
    meanLength: words.length / captions.length,
  };
}
