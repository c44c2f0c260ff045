// A photo after the model has spoken: the evidence, and whether caption and tag are right.

import type { Observation } from '@caption-queue/model/output';
import type { Insight } from '@caption-queue/model/trust/insight';
import type { SurestName } from '@caption-queue/model/trust/names';
import type { LabelledPhoto } from './labelled-photos.ts';
import type { Example } from './logistic-regression.ts';
import type { Judge } from './right.ts';

export interface JudgedPhoto {
  set: string;
  file: string;
  words: string[];
  caption: Example;
  /** Its beginnings, the longest first. */
  phrases: Example[];
  /** What the classifier would call it. */
  tag: Example & Pick<SurestName, 'classIndex' | 'kind'>;
  /** Is the first tag right, the likeliest class by its own name? */
  firstTagRight: boolean;
}

export function judgePhoto(
  { set, file, truth }: LabelledPhoto,
  { generated, insight }: Observation & { insight: Insight },
  judge: Judge,
): JudgedPhoto {
  const words = generated.words.map(({ text }) => text);
  const judged = (said: readonly string[]) => ({
    evidence: insight.ofCaption(said),
    right: judge.captionIsRight(said, truth),
  });
  return {
    set,
    file,
    words,
    caption: judged(words),
    phrases: insight.phrasesOf(words).map(judged),
    tag: {
      classIndex: insight.name.classIndex,
      kind: insight.name.kind,
      evidence: insight.ofName(),
      right: judge.nameIsRight(insight.name, truth),
    },
    firstTagRight: judge.nameIsRight({ ...insight.name, kind: undefined }, truth),
  };
}
