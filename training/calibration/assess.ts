// How far the calibration can be trusted, on photos that it was not fitted on.

import type { Chance } from '@caption-queue/contract/calibration';
import { chooseStatement } from '@caption-queue/model/trust/alt-text';
import { chanceOf } from '@caption-queue/model/trust/evidence';
import { calibrationError, type Prediction } from '../plots/reliability.ts';
import { createRandom } from '../random.ts';
import { validate } from './folds.ts';
import type { JudgedPhoto } from './judged-photo.ts';
import type { Example } from './logistic-regression.ts';
import { areaUnderCurve } from './ranking.ts';

export interface Chances {
  caption: Chance;
  /** Of a bundle that was calibrated before there were any: none. */
  phrase?: Chance;
  tag: Chance;
}

/** Of one photo, by a calibration that doesn't know it. */
export interface AssessedPhoto {
  set: string;
  caption: Prediction;
  /** Of its beginnings, the longest first. */
  phrases: Prediction[];
  tag: Prediction;
  firstTagRight: boolean;
}

export interface Quality {
  photos: number;
  captionsRight: number;
  firstTagsRight: number;
  /** Where the classifier may name a kind instead. */
  namesRight: number;
  auc: number;
  calibrationError: number;
  /** What a calibration without fault would show on so many photos. */
  errorByChance: number;
}

/** Alt texts from a threshold on: shares of all pictures, and of those given. */
export interface ThresholdRow {
  threshold: number;
  given: number;
  right: number;
  /** Only the beginning of a caption. */
  phrases: number;
  tags: number;
}

export function assess(
  photos: readonly JudgedPhoto[],
  fit: (photos: JudgedPhoto[]) => Chances,
): AssessedPhoto[] {
  const predicted = (chance: Chance, { evidence, right }: Example): Prediction => ({
    probability: chanceOf(chance, evidence),
    right,
  });
  return validate(photos, {
    fit,
    predict: ({ phrase, ...chances }, { set, caption, phrases, tag, firstTagRight }) => ({
      set,
      firstTagRight,
      caption: predicted(chances.caption, caption),
      phrases: phrase ? phrases.map((example) => predicted(phrase, example)) : [],
      tag: predicted(chances.tag, tag),
    }),
  });
}

export function qualityOf(photos: readonly AssessedPhoto[]): Quality {
  const captions = photos.map(({ caption }) => caption);
  const share = (right: boolean[]) => right.filter(Boolean).length / right.length;
  return {
    photos: photos.length,
    captionsRight: share(captions.map(({ right }) => right)),
    firstTagsRight: share(photos.map(({ firstTagRight }) => firstTagRight)),
    namesRight: share(photos.map(({ tag }) => tag.right)),
    auc: areaUnderCurve(captions),
    calibrationError: calibrationError(captions),
    errorByChance: errorByChance(captions),
  };
}

const DRAWS = 200;

/** Mean error when each is right just as often as is predicted. */
function errorByChance(predictions: readonly Prediction[]): number {
  const random = createRandom(1);
  let sum = 0;
  for (let draw = 0; draw < DRAWS; draw++) {
    sum += calibrationError(
      predictions.map(({ probability }) => ({ probability, right: random.next() < probability })),
    );
  }
  return sum / DRAWS;
}

export function thresholdRow(photos: readonly AssessedPhoto[], threshold: number): ThresholdRow {
  type Of = 'caption' | 'phrase' | 'tag';
  const statement = (of: Of, { probability, right }: Prediction) => ({
    of,
    chance: probability,
    right,
  });
  const given = photos.flatMap(({ caption, phrases, tag }) => {
    const statements = {
      caption: statement('caption', caption),
      phrases: phrases.map((phrase) => statement('phrase', phrase)),
      tag: statement('tag', tag),
    };
    return chooseStatement(statements, threshold) ?? [];
  });
  const share = (part: typeof given) => part.length / Math.max(1, given.length);
  return {
    threshold,
    given: given.length / photos.length,
    right: share(given.filter(({ right }) => right)),
    phrases: share(given.filter(({ of }) => of === 'phrase')),
    tags: share(given.filter(({ of }) => of === 'tag')),
  };
}
