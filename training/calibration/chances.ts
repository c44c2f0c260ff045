// Fits the chances that a caption and a tag are right: anew from many photos, or only their scale and offset from few.

import type { Chance } from '@caption-queue/contract/calibration';
import {
  captionEvidenceNames,
  logOdds,
  tagEvidenceNames,
} from '@caption-queue/model/trust/evidence';
import { TrainingError } from '../failure.ts';
import type { Chances } from './assess.ts';
import type { JudgedPhoto } from './judged-photo.ts';
import { type Example, fitChance } from './logistic-regression.ts';

/** Fewer photos can't say how much each kind of evidence is worth. */
export const FEWEST_TO_FIT = 200;
/** Fewer can't even shift what is known. */
const FEWEST_TO_ADJUST = 20;
/** Of right and of wrong captions each. */
const FEWEST_OF_A_KIND = 3;

/** Some ten photos' worth of trust in what is known. */
const KNOWN_RIDGE = 10;

/** Each set of photos counts alike, however many photos it has: none is what users' pictures are. */
export function fitChances(photos: readonly JudgedPhoto[]): Chances {
  const counted = weighSets(photos);
  return {
    caption: fitChance(captionsOf(counted), { kinds: captionEvidenceNames }),
    phrase: fitChance(phrasesOf(counted), { kinds: captionEvidenceNames }),
    tag: fitChance(tagsOf(counted), { kinds: tagEvidenceNames }),
  };
}

function weighSets(photos: readonly JudgedPhoto[]): JudgedPhoto[] {
  const sizes = new Map<string, number>();
  for (const { set } of photos) sizes.set(set, (sizes.get(set) ?? 0) + 1);
  return photos.map((photo) => {
    const weight = photos.length / sizes.size / (sizes.get(photo.set) as number);
    const { caption, phrases, tag } = photo;
    return {
      ...photo,
      caption: { ...caption, weight },
      phrases: phrases.map((phrase) => ({ ...phrase, weight: weight / phrases.length })),
      tag: { ...tag, weight },
    };
  });
}

/** Platt scaling of chances that were fitted on other photos, held to what they were where photos are few. */
export function adjustChances(known: Chances, photos: readonly JudgedPhoto[]): Chances {
  return {
    caption: adjust(known.caption, captionsOf(photos)),
    ...(known.phrase && { phrase: adjustIfMixed(known.phrase, phrasesOf(photos)) }),
    // Beginnings and tags may be right everywhere; then they stay as they are.
    tag: adjustIfMixed(known.tag, tagsOf(photos)),
  };
}

const adjustIfMixed = (known: Chance, examples: readonly Example[]) =>
  isOneSided(examples) ? known : adjust(known, examples);

function adjust(known: Chance, examples: readonly Example[]): Chance {
  const scored = examples.map(({ evidence, right }) => ({
    evidence: { known: logOdds(known, evidence) },
    right,
  }));
  const { bias, weights } = fitChance(scored, { kinds: ['known'], prior: 1, ridge: KNOWN_RIDGE });
  const scale = weights.known as number;
  if (scale <= 0) {
    throw new TrainingError(
      'On these photos the known confidence is no guide: what it is surer of is wrong more often. Check their captions, or calibrate with more photos.',
    );
  }
  return {
    bias: bias + scale * known.bias,
    weights: Object.fromEntries(
      Object.entries(known.weights).map(([kind, weight]) => [kind, scale * weight]),
    ),
  };
}

/** @throws TrainingError when the photos are too few, or too one-sided to learn from */
export function checkPhotos(photos: readonly JudgedPhoto[]): void {
  if (photos.length < FEWEST_TO_ADJUST) {
    throw new TrainingError(
      `${photos.length} photos are too few to calibrate with; ${FEWEST_TO_ADJUST} are the fewest, ${FEWEST_TO_FIT} or more are better.`,
    );
  }
  const right = photos.filter(({ caption }) => caption.right).length;
  const wrong = photos.length - right;
  if (Math.min(right, wrong) >= FEWEST_OF_A_KIND) return;
  throw new TrainingError(
    `Of ${photos.length} captions ${right} are right and ${wrong} wrong; to tell them apart takes at least ${FEWEST_OF_A_KIND} of each. Add photos of the kind that is ${right < wrong ? 'captioned well' : 'captioned badly'}.`,
  );
}

function isOneSided(examples: readonly Example[]): boolean {
  const right = examples.filter((example) => example.right).length;
  return Math.min(right, examples.length - right) < FEWEST_OF_A_KIND;
}

const captionsOf = (photos: readonly JudgedPhoto[]) => photos.map(({ caption }) => caption);
const phrasesOf = (photos: readonly JudgedPhoto[]) => photos.flatMap(({ phrases }) => phrases);
const tagsOf = (photos: readonly JudgedPhoto[]) => photos.map(({ tag }) => tag);
