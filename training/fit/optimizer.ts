// AdamW: Adam with decoupled weight decay. Loshchilov and Hutter 2019 (https://arxiv.org/abs/1711.05101).
// Its own state is kept in plain variables, so that a checkpoint can hold it and a run resume exactly.
import type { Tensor, TensorFlow, Variable } from './tensorflow-types.ts';
import type { Weights } from './weights.ts';

const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-8;

export interface Optimizer {
  /** Moments by name, `<weight>/first` and `<weight>/second`. */
  readonly state: ReadonlyMap<string, Variable>;
  /**
   * One update of all weights.
   * @param step counted from 1 over the whole run
   * @param rateOf learning rate of a weight
   * @returns the gradients' norm before clipping, a scalar tensor
   */
  update(
    gradients: Record<string, Tensor>,
    options: { step: number; rateOf: (weight: string) => number },
  ): Tensor;
  dispose(): void;
}

/**
 * @param clipNorm gradients are scaled down together when their norm is greater
 * @param decay of every weight but biases, a step: rate × decay
 * @param restored state of an earlier run
 */
export function createOptimizer(
  tf: TensorFlow,
  {
    weights,
    clipNorm,
    decay,
    restored,
  }: {
    weights: Weights;
    clipNorm: number;
    decay: number;
    restored?: ReadonlyMap<string, Float32Array> | undefined;
  },
): Optimizer {
  const state = new Map<string, Variable>();
  for (const [name, { shape }] of weights) {
    for (const moment of ['first', 'second']) {
      const key = `${name}/${moment}`;
      const values = restored?.get(key);
      const begin = () => (values ? tf.tensor(values, shape) : tf.zeros(shape));
      state.set(
        key,
        tf.tidy(() => tf.variable(begin(), false)),
      );
    }
  }
  return {
    state,
    update(gradients, { step, rateOf }) {
      return tf.tidy(() => {
        const norm = tf.addN(Object.values(gradients).map((g) => g.square().sum())).sqrt();
        const clip = tf.minimum(1, tf.div(clipNorm, norm.add(EPSILON)));
        const unbias = Math.sqrt(1 - BETA_2 ** step) / (1 - BETA_1 ** step);
        for (const [name, value] of weights) {
          // Without a gradient it is not trained now.
          const raw = gradients[name];
          if (!raw) continue;
          const rate = rateOf(name);
          const gradient = raw.mul(clip);
          const first = state.get(`${name}/first`) as Variable;
          const second = state.get(`${name}/second`) as Variable;
          first.assign(first.mul(BETA_1).add(gradient.mul(1 - BETA_1)));
          second.assign(second.mul(BETA_2).add(gradient.square().mul(1 - BETA_2)));
          const change = first.div(second.sqrt().add(EPSILON)).mul(rate * unbias);
          const kept = name.endsWith('/bias') ? value : value.mul(1 - rate * decay);
          value.assign(kept.sub(change) as never);
        }
        return norm;
      });
    },
    dispose: () => tf.dispose([...state.values()]),
  };
}
