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
  return {
    set,
    file,
    words,
    caption: {
      evidence: insight.ofCaption(generated.words),
      right: judge.captionIsRight(words, truth),
    },
    tag: {
      classIndex: insight.name.classIndex,
      kind: insight.name.kind,
      evidence: insight.ofName(),
      right: judge.nameIsRight(insight.name, truth),
    },
    firstTagRight: judge.nameIsRight({ ...insight.name, kind: undefined }, truth),
  };
}
