// Learns from the training captions which nouns people use of a picture, from its pooled features alone: a logistic
// regression for each noun. A caption whose nouns it doesn't expect is likely to be wrong.

import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import type { Nouns } from '@caption-queue/model/trust/nouns';
import { fitLinear, linearModel } from '../fit/linear-classifier.ts';
import type { TensorFlow } from '../fit/tensorflow-types.ts';
import { type Judge, stands } from './right.ts';

/** Rarer nouns can't be learned. */
const FEWEST_PHOTOS = 20;
const EPOCHS = 6;
const RATE = 1e-3;
/** Of the squares of the weights, on standardised features. */
const RIDGE = 0.01;

export interface NounClassifier {
  /** What its outputs stand for, in the singular. */
  judgedNouns: string[];
  model: LayersModel;
}

/**
 * @param pooled features of the training photos, `[N, 2048]`
 * @param captions theirs, as words
 */
export function trainNounClassifier(
  tf: TensorFlow,
  {
    pooled,
    captions,
    nouns,
    judge,
  }: {
    pooled: Float32Array;
    captions: readonly (readonly (readonly string[])[])[];
    nouns: Nouns;
    judge: Judge;
  },
): NounClassifier {
  const said = captions.map((ofPhoto) => judge.saidIn(ofPhoto));
  const kindsOf = new Map(Object.values(nouns).map((kinds) => [kinds[0] as string, kinds]));
  const isSaid = (noun: string, words: ReadonlySet<string>) =>
    stands(kindsOf.get(noun) as string[], words);
  const judgedNouns = [...kindsOf.keys()].filter(
    (noun) => said.filter((words) => isSaid(noun, words)).length >= FEWEST_PHOTOS,
  );
  const targets = Float32Array.from(
    said.flatMap((words) => judgedNouns.map((noun) => (isSaid(noun, words) ? 1 : 0))),
  );
  const weights = fitLinear(tf, {
    pooled,
    targets,
    classes: judgedNouns.length,
    activation: 'sigmoid',
    epochs: EPOCHS,
    rate: RATE,
    ridge: RIDGE,
  });
  return { judgedNouns, model: linearModel('noun-classifier', weights, 'sigmoid') };
}
