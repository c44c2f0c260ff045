// Cross-entropy with label smoothing, and with what teachers say, over all words of a batch.
import type { Tensor, TensorFlow } from './tensorflow-types.ts';

/**
 * The weighed sum over all words of −Σ q log p, where q gives the right word 1 − ε and spreads ε over the
 * vocabulary; with teachers, q is a mixture of that and of their distribution. The gradient is written by hand,
 * since the logits are large.
 * @param logits `[N, V]`
 * @param targets int32 `[N]`
 * @param weights `[N]`: what each word counts, 0 for padding; 1 ÷ words for a mean
 * @param smoothing ε
 * @param taught the teachers' distributions `[N, V]`, and their share of q, 0…1
 * @see Szegedy et al. 2016, "Rethinking the Inception Architecture", section 7; for teachers Hinton, Vinyals and Dean
 *   2015, "Distilling the Knowledge in a Neural Network" (https://arxiv.org/abs/1503.02531)
 */
export function smoothedCrossEntropy(
  tf: TensorFlow,
  {
    logits,
    targets,
    weights,
    smoothing,
    taught,
  }: {
    logits: Tensor;
    targets: Tensor;
    weights: Tensor;
    smoothing: number;
    taught?: { probs: Tensor; share: number } | undefined;
  },
): Tensor {
  const vocabularySize = logits.shape[1] as number;
  const written = () =>
    tf
      .oneHot(targets, vocabularySize)
      .mul(1 - smoothing)
      .add(smoothing / vocabularySize);
  const wanted = () =>
    taught
      ? written()
          .mul(1 - taught.share)
          .add(taught.probs.mul(taught.share))
      : written();
  const loss = tf.customGrad((...inputs) => {
    const [values, save] = inputs as unknown as [Tensor, (tensors: Tensor[]) => void];
    const logProbs = values.logSoftmax();
    const perWord = tf.tidy(() => wanted().mul(logProbs).sum(1).neg());
    save([logProbs]);
    return {
      value: perWord.mul(weights).sum(),
      gradFunc: (gradient: Tensor, saved: Tensor[]) =>
        tf.tidy(() => {
          const scale = weights.mul(gradient).expandDims(1);
          return (saved[0] as Tensor).exp().sub(wanted()).mul(scale);
        }),
    };
  });
  return loss(logits);
}
