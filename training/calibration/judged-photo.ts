// A photo after the model has spoken: the evidence, and whether caption and tag are right.

import type { Observation } from '@caption-queue/captioning/caption-output';
import type { Insight } from '@caption-queue/captioning/trust/insight';
import type { LabelledPhoto } from './labelled-photos.ts';
import type { Example } from './logistic-regression.ts';
import type { Judge } from './right.ts';

export interface JudgedPhoto {
  set: string;
  file: string;
  words: string[];
  caption: Example;
  /** Of the likeliest class. */
  tag: Example & { classIndex: number };
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
      classIndex: insight.best,
      evidence: insight.ofTag(insight.best),
      right: judge.classIsRight(insight.best, truth),
    },
  };
}
