// A linear classifier of pooled features, and the layers model that a bundle keeps of it.
import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import { input, layer, outputOf } from '../decoders/topology.ts';
import { float16Weight } from '../export/store-model.ts';
import { createRandom, type Random } from '../random.ts';
import { createOptimizer } from './optimizer.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';
import { createWeights } from './weights.ts';

const BATCH_SIZE = 200;
const CLIP_NORM = 1e6;
const SEED = 1;
/** Under this a feature hardly varies, and is not blown up. */
const LEAST_DEVIATION = 1e-3;

/** `sigmoid`: each class for itself. `softmax`: one of them. */
export type Activation = 'sigmoid' | 'softmax';

export interface LinearWeights {
  /** `[2048, classes]` */
  kernel: Float32Array;
  /** `[classes]` */
  bias: Float32Array;
}

export interface LinearTraining {
  /** `[N, 2048]` */
  pooled: Float32Array;
  /** `[N, classes]`, 0 to 1 */
  targets: Float32Array;
  classes: number;
  activation: Activation;
  /** How often as many pictures are drawn as there are. */
  epochs: number;
  /** Highest learning rate; it falls to 0. */
  rate: number;
  /** Of the squares of the weights, on standardised features. */
  ridge: number;
  /** Which picture is learned from next; default: any, equally often. */
  draw?: (random: Random) => number;
}

/** @returns weights for features as they are: the standardisation is folded in */
export function fitLinear(
  tf: TensorFlow,
  { pooled, targets, classes, activation, epochs, rate, ridge, draw }: LinearTraining,
): LinearWeights {
  const pictures = pooled.length / FEATURE_SIZE;
  const next = draw ?? ((random: Random) => random.integer(pictures));
  const weights = createWeights(
    tf,
    [
      { name: 'kernel', shape: [FEATURE_SIZE, classes], initializer: 'zeros' },
      { name: 'bias', shape: [classes], initializer: 'zeros' },
    ],
    new Map([
      ['kernel', new Float32Array(FEATURE_SIZE * classes)],
      ['bias', new Float32Array(classes)],
    ]),
  );
  const optimizer = createOptimizer(tf, { weights, clipNorm: CLIP_NORM, decay: 0 });
  const [kernel, bias] = [weights.get('kernel'), weights.get('bias')] as [Tensor, Tensor];
  const entropyOf = activation === 'sigmoid' ? binaryCrossEntropy : crossEntropy;
  const folded = tf.tidy(() => {
    const all = tf.tensor2d(pooled, [pictures, FEATURE_SIZE]);
    const { mean, variance } = tf.moments(all, 0);
    const deviation = variance.sqrt().maximum(LEAST_DEVIATION);
    const features = all.sub(mean).div(deviation);
    const wanted = tf.tensor2d(targets, [pictures, classes]);
    const random = createRandom(SEED);
    const totalSteps = epochs * Math.ceil(pictures / BATCH_SIZE);
    for (let step = 1; step <= totalSteps; step++) {
      const rows = Array.from({ length: Math.min(BATCH_SIZE, pictures) }, () => next(random));
      tf.tidy(() => {
        const chosen = tf.tensor1d(rows, 'int32');
        const x = tf.gather(features, chosen);
        const y = tf.gather(wanted, chosen);
        const loss = () => {
          const squares = kernel.square().sum();
          return entropyOf(x.matMul(kernel).add(bias), y).add(squares.mul(ridge / 2));
        };
        const { grads } = tf.variableGrads(loss as never, [...weights.values()]);
        const gradients = Object.fromEntries(
          [...weights].map(([name, variable]) => [name, grads[variable.name] as Tensor]),
        );
        const now = rate * (1 - (step - 1) / totalSteps);
        optimizer.update(gradients, { step, rateOf: (name) => (name === 'bias' ? 10 * now : now) });
      });
    }
    const scaled = kernel.div(deviation.reshape([FEATURE_SIZE, 1]));
    const shifted = bias.sub(mean.reshape([1, FEATURE_SIZE]).matMul(scaled).reshape([classes]));
    return {
      kernel: scaled.dataSync() as Float32Array,
      bias: shifted.dataSync() as Float32Array,
    } as never;
  }) as unknown as LinearWeights;
  optimizer.dispose();
  tf.dispose([...weights.values()]);
  return folded;
}

/** Mean over the pictures of the sum over the classes: max(l, 0) − l·y + ln(1 + e^−|l|). */
const binaryCrossEntropy = (logits: Tensor, wanted: Tensor): Tensor =>
  logits.relu().sub(logits.mul(wanted)).add(logits.abs().neg().exp().log1p()).sum(1).mean();

const crossEntropy = (logits: Tensor, wanted: Tensor): Tensor =>
  (logits.logSoftmax() as Tensor).mul(wanted).sum(1).mean().neg();

/** `pooled` → `predictions`, weights as float16. */
export function linearModel(
  name: string,
  { kernel, bias }: LinearWeights,
  activation: Activation,
): LayersModel {
  return {
    name,
    layers: [
      input('pooled', [FEATURE_SIZE]),
      layer('Dense', 'predictions', {
        from: ['pooled'],
        units: bias.length,
        activation,
        use_bias: true,
      }),
    ],
    inputs: [outputOf('pooled')],
    outputs: [outputOf('predictions')],
    weights: new Map([
      ['predictions/kernel', float16Weight([FEATURE_SIZE, bias.length], kernel)],
      ['predictions/bias', { shape: [bias.length], dtype: 'float32', data: bias }],
    ]),
  };
}
