// The trainable weights of a network: their names (as in the exported layers models), shapes and first values.
import { createRandom } from '../random.ts';
import type { TensorFlow, Variable } from './tensorflow-types.ts';

/**
 * `glorot`: uniform in ±√(6 ÷ (inputs + outputs)); `embedding`: uniform in ±0.1;
 * `lstm-bias`: zeros, but ones for the forget gate, so that a new LSTM remembers (Jozefowicz et al. 2015).
 */
export type Initializer = 'glorot' | 'embedding' | 'zeros' | 'lstm-bias';

export interface WeightDescription {
  name: string;
  shape: number[];
  initializer: Initializer;
}

export type Weights = Map<string, Variable>;

const EMBEDDING_LIMIT = 0.1;

export const sizeOf = (shape: readonly number[]) => shape.reduce((a, b) => a * b, 1);

/** The same seed gives the same weights; each weight draws from a generator of its own. */
export function initialValues(
  descriptions: readonly WeightDescription[],
  seed: number,
): Map<string, Float32Array> {
  return new Map(
    descriptions.map(({ name, shape, initializer }, index) => {
      const random = createRandom(seed, index);
      const values = new Float32Array(sizeOf(shape));
      if (initializer === 'lstm-bias') values.fill(1, values.length / 4, values.length / 2);
      const limit = limitOf(initializer, shape);
      if (limit > 0)
        for (let i = 0; i < values.length; i++) values[i] = limit * (2 * random.next() - 1);
      return [name, values];
    }),
  );
}

function limitOf(initializer: Initializer, [inputs = 1, outputs = 1]: number[]): number {
  if (initializer === 'glorot') return Math.sqrt(6 / (inputs + outputs));
  return initializer === 'embedding' ? EMBEDDING_LIMIT : 0;
}

/** @throws RangeError when a value is missing or has another size */
export function createWeights(
  tf: TensorFlow,
  descriptions: readonly WeightDescription[],
  values: ReadonlyMap<string, Float32Array>,
): Weights {
  return new Map(
    descriptions.map(({ name, shape }) => {
      const data = values.get(name);
      if (data?.length !== sizeOf(shape)) {
        throw new RangeError(`The weight ${name} is missing or not of shape [${shape}].`);
      }
      return [name, tf.tidy(() => tf.variable(tf.tensor(data, shape)))];
    }),
  );
}
