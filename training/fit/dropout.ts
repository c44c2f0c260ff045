// Dropout whose masks depend on nothing but the seeds, so that a resumed run drops what an unbroken one does.
import { hashSeeds, nextXorshift } from '../random.ts';
import type { Dropout } from './network.ts';
import type { TensorFlow } from './tensorflow-types.ts';
import { sizeOf } from './weights.ts';

/**
 * Srivastava et al. 2014, inverted: what is kept is divided by the share that is kept.
 * @param rate share of values dropped, 0…1 (not 1)
 * @param seeds name this batch; each call for it gets a mask of its own
 */
export function createDropout(
  tf: TensorFlow,
  { rate, seeds }: { rate: number; seeds: readonly number[] },
): Dropout {
  let calls = 0;
  return (values) => {
    if (rate === 0) return values;
    const mask = dropoutMask(sizeOf(values.shape), rate, hashSeeds([...seeds, calls++]));
    return values.mul(tf.tensor(mask, values.shape));
  };
}

/**
 * Written as one branchless loop, not with tf.randomUniform, which draws its numbers in JavaScript, slowly:
 * 5 ns a value against 25.
 */
function dropoutMask(size: number, rate: number, seed: number): Float32Array {
  const mask = new Float32Array(size);
  const scale = 1 / (1 - rate);
  const threshold = Math.round(rate * 2 ** 16);
  let state = seed;
  for (let i = 0; i < size; i++) {
    state = nextXorshift(state);
    mask[i] = Number((state & 0xffff) >= threshold) * scale;
  }
  return mask;
}
