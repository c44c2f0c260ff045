// Learns from the training captions which nouns people use of a picture, from its pooled features alone: a logistic
// regression for each noun. A caption whose nouns it doesn't expect is likely to be wrong.

import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import type { Nouns } from '@caption-queue/model/trust/nouns';
import { input, layer, outputOf } from '../decoders/topology.ts';
import { float16Weight } from '../export/store-model.ts';
import { createOptimizer } from '../fit/optimizer.ts';
import type { Tensor, TensorFlow } from '../fit/tensorflow-types.ts';
import { createWeights } from '../fit/weights.ts';
import { createRandom } from '../random.ts';
import { type Judge, stands } from './right.ts';

/** Rarer nouns can't be learned. */
const FEWEST_PHOTOS = 20;
const EPOCHS = 6;
const BATCH_SIZE = 200;
const RATE = 1e-3;
/** Of the squares of the weights, on standardised features. */
const RIDGE = 0.01;
const CLIP_NORM = 1e6;
const SEED = 1;
/** Under this a feature hardly varies, and is not blown up. */
const LEAST_DEVIATION = 1e-3;

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
  const { kernel, bias } = fit(tf, { pooled, targets, width: judgedNouns.length });
  return {
    judgedNouns,
    model: {
      name: 'noun-classifier',
      layers: [
        input('pooled', [FEATURE_SIZE]),
        layer('Dense', 'predictions', {
          from: ['pooled'],
          units: judgedNouns.length,
          activation: 'sigmoid',
          use_bias: true,
        }),
      ],
      inputs: [outputOf('pooled')],
      outputs: [outputOf('predictions')],
      weights: new Map([
        ['predictions/kernel', float16Weight([FEATURE_SIZE, judgedNouns.length], kernel)],
        ['predictions/bias', { shape: [judgedNouns.length], dtype: 'float32', data: bias }],
      ]),
    },
  };
}

/** @returns weights for features as they are: the standardisation is folded in */
function fit(
  tf: TensorFlow,
  { pooled, targets, width }: { pooled: Float32Array; targets: Float32Array; width: number },
): { kernel: Float32Array; bias: Float32Array } {
  const photos = pooled.length / FEATURE_SIZE;
  const weights = createWeights(
    tf,
    [
      { name: 'kernel', shape: [FEATURE_SIZE, width], initializer: 'zeros' },
      { name: 'bias', shape: [width], initializer: 'zeros' },
    ],
    new Map([
      ['kernel', new Float32Array(FEATURE_SIZE * width)],
      ['bias', new Float32Array(width)],
    ]),
  );
  const optimizer = createOptimizer(tf, { weights, clipNorm: CLIP_NORM, decay: 0 });
  const [kernel, bias] = [weights.get('kernel'), weights.get('bias')] as [Tensor, Tensor];
  const folded = tf.tidy(() => {
    const all = tf.tensor2d(pooled, [photos, FEATURE_SIZE]);
    const { mean, variance } = tf.moments(all, 0);
    const deviation = variance.sqrt().maximum(LEAST_DEVIATION);
    const features = all.sub(mean).div(deviation);
    const wanted = tf.tensor2d(targets, [photos, width]);
    const random = createRandom(SEED);
    const totalSteps = EPOCHS * Math.ceil(photos / BATCH_SIZE);
    for (let step = 1; step <= totalSteps; step++) {
      const rows = Array.from({ length: Math.min(BATCH_SIZE, photos) }, () =>
        random.integer(photos),
      );
      tf.tidy(() => {
        const chosen = tf.tensor1d(rows, 'int32');
        const x = tf.gather(features, chosen);
        const y = tf.gather(wanted, chosen);
        const loss = () => {
          const logits = x.matMul(kernel).add(bias);
          // max(l, 0) − l·y + ln(1 + e^−|l|)
          const entropy = logits.relu().sub(logits.mul(y)).add(logits.abs().neg().exp().log1p());
          return entropy
            .sum(1)
            .mean()
            .add(
              kernel
                .square()
                .sum()
                .mul(RIDGE / 2),
            );
        };
        const { grads } = tf.variableGrads(loss as never, [...weights.values()]);
        const gradients = Object.fromEntries(
          [...weights].map(([name, variable]) => [name, grads[variable.name] as Tensor]),
        );
        const rate = RATE * (1 - (step - 1) / totalSteps);
        optimizer.update(gradients, {
          step,
          rateOf: (name) => (name === 'bias' ? 10 * rate : rate),
        });
      });
    }
    const scaled = kernel.div(deviation.reshape([FEATURE_SIZE, 1]));
    const shifted = bias.sub(mean.reshape([1, FEATURE_SIZE]).matMul(scaled).reshape([width]));
    return {
      kernel: scaled.dataSync() as Float32Array,
      bias: shifted.dataSync() as Float32Array,
    } as never;
  }) as unknown as { kernel: Float32Array; bias: Float32Array };
  optimizer.dispose();
  tf.dispose([...weights.values()]);
  return folded;
}
