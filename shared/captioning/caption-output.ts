// What generation found, as the record and the command line tell it.
import type { CaptionOutput } from '@caption-queue/contract/caption';

/** Takes a `GenerationResult`. Null and empty say that the model is not calibrated and names nothing. */
export function captionOutput({
  words,
  alternatives,
}: {
  words: readonly { text: string; logProb: number }[];
  alternatives: readonly { caption: string; logProb: number }[];
}): CaptionOutput {
  return {
    caption: words.map(({ text }) => text).join(' '),
    confidence: null,
    alt_text: null,
    tags: [],
    alternatives: alternatives.map(({ caption, logProb }) => ({
      caption,
      confidence: null,
      log_prob: logProb,
    })),
    words: words.map(({ text, logProb }) => ({ text, log_prob: logProb })),
  };
}
