// Keeps the classifier right while the encoder's blocks are tuned: what it answers on tuned features is held to
// what it answered before. Learning without Forgetting, Li and Hoiem 2016 (https://arxiv.org/abs/1606.09282).
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import { weightValues } from '@caption-queue/model/layers-model/weights';
import { TrainingError } from '../failure.ts';
import type { Tensor, TensorFlow } from './tensorflow-types.ts';

/** Softens both answers, so that the unlikely classes count too. */
const TEMPERATURE = 2;

/** tuned and untuned pooled features `[B, 2048]` → mean divergence of the classifier's answers, in nats */
export type Distillation = (pooled: { tuned: Tensor; untuned: Tensor }) => Tensor;

/**
 * Holds the classifier's weights as tensors: call outside `tf.tidy`.
 * @throws TrainingError when the model is not one layer on the pooled features
 */
export function createDistillation(
  tf: TensorFlow,
  classifier: LayersModel,
): { divergence: Distillation; dispose(): void } {
  const [kernel, bias] = ['kernel', 'bias'].map((part) => {
    const found = [...classifier.weights].find(([name]) => name.endsWith(`/${part}`))?.[1];
    if (!found) {
      throw new TrainingError(
        'The classifier beside the encoder is not one dense layer; tune with --distillation 0.',
      );
    }
    return tf.tensor(weightValues(found), found.shape);
  }) as [Tensor, Tensor];
  const logProbs = (pooled: Tensor) =>
    pooled.matMul(kernel).add(bias).div(TEMPERATURE).logSoftmax();
  return {
    divergence({ tuned, untuned }) {
      const wanted = logProbs(untuned);
      return wanted
        .exp()
        .mul(wanted.sub(logProbs(tuned)))
        .sum(1)
        .mean();
    },
    dispose: () => tf.dispose([kernel, bias]),
  };
}
