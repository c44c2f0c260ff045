// What tells whether a caption or a tag is right (the evidence), and the calibrated chance that is computed from it.
import type { Chance } from '@caption-queue/contract/calibration';
import type { NameKnowledge } from './class-words.ts';
import type { SurestName } from './names.ts';
import { nounsNeeded, nounsOf, singular } from './nouns.ts';

/** By name; the names are those of the weights in `calibration.json`. */
export type Evidence = Record<string, number>;

/** What is seen in a picture. */
export interface Sight {
  /** Of all classes. */
  probabilities: Float32Array;
  familiarity: number;
  /** That people would name it (or a kind of it) in this picture. @param noun in the singular */
  nounChance(noun: string): number;
}

/** Log-odds that enough of a caption's nouns stand, were they independent. */
export function standing(
  words: readonly string[],
  { nounChance }: Sight,
  { nouns }: Pick<NameKnowledge, 'nouns'>,
): number {
  const chances = nounsOf(nouns, words).map((word) => nounChance(singular(nouns, word)));
  return logit(chanceOfAtLeast(nounsNeeded(chances.length), chances));
}

/** How much more log-odds a class that the caption names and the classifier is sure of is worth; 1 is what a noun's are. */
const AGREEMENT_WORTH = 0.85;
/** How much a class counts against the caption that the classifier is sure of and the caption doesn't name. */
const CONTRADICTION_WORTH = 0.2;

export const captionEvidenceNames = ['corroboration', 'nouns'] as const;

/**
 * - `corroboration`: log-odds that enough of its nouns stand; more where the classifier is sure of
 *   a class that they name, less where it is sure of another. What each of these is worth is fixed: learned from one set
 *   of photos, the weights of more kinds of evidence were wrong on the next.
 * - `nouns`: how many there are
 */
export function captionEvidence(
  words: readonly string[],
  sight: Sight,
  knowledge: NameKnowledge,
): Record<(typeof captionEvidenceNames)[number], number> {
  const named = knowledge.classWords.classesNamedBy(words);
  let agreement = 0;
  let contradiction = 0;
  sight.probabilities.forEach((probability, index) => {
    if (named.has(index)) agreement += probability;
    else contradiction = Math.max(contradiction, probability);
  });
  return {
    corroboration:
      standing(words, sight, knowledge) +
      AGREEMENT_WORTH * Math.max(0, logit(agreement)) -
      CONTRADICTION_WORTH * Math.max(0, logit(contradiction)),
    nouns: nounsOf(knowledge.nouns, words).length,
  };
}

export const tagEvidenceNames = ['probability', 'runner_up', 'support', 'familiarity'] as const;

/**
 * - `probability`: log-odds of the classes that the name is right for, together
 * - `runner_up`: log-odds of the likeliest other class
 * - `support`: log-odds of the likeliest noun for it
 * - `familiarity`: as of the picture
 */
export function tagEvidence(
  { classIndex, kind, classes }: SurestName,
  { probabilities, familiarity, nounChance }: Sight,
  { classWords, nouns }: NameKnowledge,
): Record<(typeof tagEvidenceNames)[number], number> {
  const isMeant = new Set(classes);
  let probability = 0;
  let runnerUp = 0;
  probabilities.forEach((ofClass, index) => {
    if (isMeant.has(index)) probability += ofClass;
    else runnerUp = Math.max(runnerUp, ofClass);
  });
  const names = kind === undefined ? classWords.wordsNaming(classIndex) : [kind];
  const chances = names.map((word) => nounChance(singular(nouns, word)));
  return {
    probability: logit(probability),
    runner_up: logit(runnerUp),
    support: logit(Math.max(0, ...chances)),
    familiarity,
  };
}

/** @throws RangeError when the evidence lacks what the weights are for */
export function logOdds({ bias, weights }: Chance, evidence: Evidence): number {
  return Object.entries(weights).reduce((sum, [name, weight]) => {
    const value = evidence[name];
    if (value === undefined) {
      throw new RangeError(`The calibration weighs '${name}', which this release doesn't know.`);
    }
    return sum + weight * value;
  }, bias);
}

export function chanceOf(chance: Chance, evidence: Evidence): number {
  return 1 / (1 + Math.exp(-logOdds(chance, evidence)));
}

/** Keeps log-odds finite. */
const LEAST_PROBABILITY = 1e-3;

function logit(probability: number): number {
  const p = Math.min(1 - LEAST_PROBABILITY, Math.max(LEAST_PROBABILITY, probability));
  return Math.log(p / (1 - p));
}

/** That at least `count` of independent events happen (Poisson binomial). */
function chanceOfAtLeast(count: number, chances: readonly number[]): number {
  // At k: that exactly k of those so far happened.
  let exactly = [1];
  for (const chance of chances) {
    exactly = [...exactly, 0].map(
      (none, k) => none * (1 - chance) + (exactly[k - 1] ?? 0) * chance,
    );
  }
  return exactly.slice(count).reduce((sum, probability) => sum + probability, 0);
}
