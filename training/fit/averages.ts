// A moving average of the weights over the steps: steadier than the last ones, and a little better on new photos.
// Polyak and Juditsky 1992; with the warm-up of TensorFlow's ExponentialMovingAverage.
import type { TensorFlow, Variable } from './tensorflow-types.ts';
import type { Weights } from './weights.ts';

export interface Averages {
  /** The averages under the weights' names. */
  readonly weights: Weights;
  /** The same as `<weight>/average`, as a checkpoint holds them. */
  readonly state: ReadonlyMap<string, Variable>;
  /** @param step counted from 1 over the whole run */
  update(step: number): void;
  dispose(): void;
}

/**
 * @param decay share of the average that a step keeps, 0…1 (not 1); smaller in the first steps
 * @param restored state of an earlier run
 */
export function createAverages(
  tf: TensorFlow,
  {
    weights,
    decay,
    restored,
  }: {
    weights: Weights;
    decay: number;
    restored?: ReadonlyMap<string, Float32Array> | undefined;
  },
): Averages {
  const averages: Weights = new Map();
  for (const [name, weight] of weights) {
    const values = restored?.get(`${name}/average`);
    const begin = () => (values ? tf.tensor(values, weight.shape) : weight.clone());
    averages.set(
      name,
      tf.tidy(() => tf.variable(begin(), false)),
    );
  }
  return {
    weights: averages,
    state: new Map([...averages].map(([name, average]) => [`${name}/average`, average])),
    update(step) {
      const kept = Math.min(decay, step / (step + 9));
      tf.tidy(() => {
        for (const [name, average] of averages) {
          const weight = weights.get(name) as Variable;
          average.assign(average.add(weight.sub(average).mul(1 - kept)) as never);
        }
      });
    },
    dispose: () => tf.dispose([...averages.values()]),
  };
}
