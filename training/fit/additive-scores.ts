// How well each picture cell matches each caption's state: v · tanh(key + query), the additive attention of
// Bahdanau et al. 2015 (https://arxiv.org/abs/1409.0473).
import type { Tensor, TensorFlow } from './tensorflow-types.ts';

/**
 * The tensor under the tanh, `[C, B, cells, A]`, is by far the largest of a training step, so the gradient
 * is written by hand: half as many passes over it as automatic differentiation makes.
 * @param keys `[B, cells, A]`
 * @param queries `[C, B, A]`
 * @param vector v, `[A, 1]`
 * @returns scores `[C, B, cells]`
 */
export function additiveScores(
  tf: TensorFlow,
  { keys, queries, vector }: { keys: Tensor; queries: Tensor; vector: Tensor },
): Tensor {
  const [photos, cells, size] = keys.shape as [number, number, number];
  const captions = queries.shape[0] as number;
  const rows = captions * photos;

  const scores = tf.customGrad((...inputs) => {
    const [k, q, v, save] = inputs as unknown as [Tensor, Tensor, Tensor, (t: Tensor[]) => void];
    const match = tf.tidy(() =>
      k
        .reshape([1, photos, cells, size])
        .add(q.reshape([captions, photos, 1, size]))
        .tanh(),
    );
    const value = match.reshape([-1, size]).matMul(v).reshape([captions, photos, cells]);
    save([match, v]);
    const gradFunc = (gradient: Tensor, saved: Tensor[]) => {
      const [tanh, vSaved] = saved as [Tensor, Tensor];
      return tf.tidy(() => {
        // tanh' = 1 − tanh², and the gradient enters linearly: Σ g (1 − tanh²) = Σ g − Σ g tanh².
        const squares = tanh.square();
        const row = vSaved.reshape([1, size]);
        const weighted = gradient
          .reshape([rows, 1, cells])
          .matMul(squares.reshape([rows, cells, size]))
          .reshape([captions, photos, size]);
        const forQueries = gradient.sum(2, true).sub(weighted).mul(row);
        const forKeys = gradient
          .sum(0)
          .expandDims(2)
          .sub(squares.mul(gradient.expandDims(3)).sum(0))
          .mul(row);
        const forVector = tanh
          .reshape([rows * cells, size])
          .matMul(gradient.reshape([rows * cells, 1]), true, false);
        return [forKeys, forQueries, forVector];
      });
    };
    return { value, gradFunc };
  });
  return scores(keys, queries, vector);
}
