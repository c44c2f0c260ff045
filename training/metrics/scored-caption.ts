// What every metric is computed from, and how text becomes words before it is scored.

/** One photo's generated caption beside the captions that people wrote, all as words. */
export interface ScoredCaption {
  hypothesis: readonly string[];
  references: readonly (readonly string[])[];
}

/**
 * The words that are compared: lower case, punctuation dropped (not replaced: `t-shirt` is `tshirt`).
 * References go through it as they were written, never mapped to the model's vocabulary.
 */
export function scoringWords(text: string): string[] {
  return text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s]+/gu, '')
    .split(/\s+/)
    .filter((word) => word !== '');
}
