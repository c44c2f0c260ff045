// How far the calibration can be trusted, on photos that it was not fitted on.

import type { Chance } from '@caption-queue/contract/calibration';
import { chanceOf } from '@caption-queue/model/trust/evidence';
import { calibrationError, type Prediction } from '../plots/reliability.ts';
import { crossValidate } from './folds.ts';
import type { JudgedPhoto } from './judged-photo.ts';
import { areaUnderCurve } from './ranking.ts';

export interface Chances {
  caption: Chance;
  tag: Chance;
}

/** Of one photo, by a calibration that doesn't know it. */
export interface AssessedPhoto {
  set: string;
  caption: Prediction;
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
}

/** Alt texts from a threshold on: shares of all pictures, and of those given. */
export interface ThresholdRow {
  threshold: number;
  given: number;
  right: number;
  tags: number;
}

export function assess(
  photos: readonly JudgedPhoto[],
  fit: (photos: JudgedPhoto[]) => Chances,
): AssessedPhoto[] {
  return crossValidate(photos, {
    fit,
    predict: (chances, { set, caption, tag, firstTagRight }) => ({
      set,
      firstTagRight,
      caption: {
        probability: chanceOf(chances.caption, caption.evidence),
        right: caption.right,
      },
      tag: { probability: chanceOf(chances.tag, tag.evidence), right: tag.right },
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
  };
}

export function thresholdRow(photos: readonly AssessedPhoto[], threshold: number): ThresholdRow {
  const statements = photos.map(({ caption, tag }) =>
    tag.probability > caption.probability ? { ...tag, isTag: true } : { ...caption, isTag: false },
  );
  const given = statements.filter(({ probability }) => probability >= threshold);
  const of = (part: typeof given) => part.length / Math.max(1, given.length);
  return {
    threshold,
    given: given.length / photos.length,
    right: of(given.filter(({ right }) => right)),
    tags: of(given.filter(({ isTag }) => isTag)),
  };
}
