// What to publish: the caption, what the classifier is surest of, or nothing.
import { nounPhrase } from './noun-phrase.ts';

export interface Statement {
  text: string;
  /** That it is right. */
  chance: number;
}

/** The statement likeliest to be right, or `null` when none reaches `minConfidence`. */
export function chooseAltText(
  { caption, tag }: { caption: Statement; tag?: { label: string; chance: number } | undefined },
  minConfidence: number,
): string | null {
  const best =
    tag && tag.chance > caption.chance
      ? { text: nounPhrase(tag.label), chance: tag.chance }
      : caption;
  return best.chance >= minConfidence ? best.text : null;
}
