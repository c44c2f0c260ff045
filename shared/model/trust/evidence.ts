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

/**
 * - `mean_log_prob`, `least_log_prob`: of the caption's words
 * - `standing`: log-odds that enough of its nouns stand, were they independent
 * - `familiarity`: as of the picture
 * - `agreement`: log-odds of the classes that the caption names, together
 * - `contradiction`: log-odds of the likeliest class that it doesn't name
 * - `familiar` (0…1), and `familiar_…`: the last three as far as the picture is familiar, since on such pictures the
 *   nouns of the training captions say more, and on others the classes
 */
export function captionEvidence(
  words: readonly { text: string; logProb: number }[],
  { probabilities, familiarity, nounChance }: Sight,
  { classWords, nouns }: NameKnowledge,
): Evidence {
  const texts = words.map(({ text }) => text);
  const logProbs = words.map(({ logProb }) => logProb);
  const chances = nounsOf(nouns, texts).map((word) => nounChance(singular(nouns, word)));
  const named = classWords.classesNamedBy(texts);
  let agreement = 0;
  let contradiction = 0;
  probabilities.forEach((probability, index) => {
    if (named.has(index)) agreement += probability;
    else contradiction = Math.max(contradiction, probability);
  });
  const seen = {
    standing: logit(chanceOfAtLeast(nounsNeeded(chances.length), chances)),
    agreement: logit(agreement),
    contradiction: logit(contradiction),
  };
  const familiar = 1 / (1 + Math.exp(-familiarity));
  return {
    mean_log_prob: logProbs.reduce((a, b) => a + b, 0) / Math.max(1, logProbs.length),
    least_log_prob: Math.min(0, ...logProbs),
    ...seen,
    familiarity,
    familiar,
    familiar_standing: familiar * seen.standing,
    familiar_agreement: familiar * seen.agreement,
    familiar_contradiction: familiar * seen.contradiction,
  };
}

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
): Evidence {
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
