// Cross-entropy with label smoothing over all words of a batch.
import type { Tensor, TensorFlow } from './tensorflow-types.ts';

/**
 * The weighed sum over all words of −Σ q log p, where q gives the right word 1 − ε and spreads ε over the
 * vocabulary. The gradient is written by hand, since the logits are large.
 * @param logits `[N, V]`
 * @param targets int32 `[N]`
 * @param weights `[N]`: what each word counts, 0 for padding; 1 ÷ words for a mean
 * @param smoothing ε
 * @see Szegedy et al. 2016, "Rethinking the Inception Architecture", section 7
 */
export function smoothedCrossEntropy(
  tf: TensorFlow,
  {
    logits,
    targets,
    weights,
    smoothing,
  }: { logits: Tensor; targets: Tensor; weights: Tensor; smoothing: number },
): Tensor {
  const vocabularySize = logits.shape[1] as number;
  const wanted = () =>
    tf
      .oneHot(targets, vocabularySize)
      .mul(1 - smoothing)
      .add(smoothing / vocabularySize);
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
