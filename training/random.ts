// A small seeded random generator, so that a run can be repeated and resumed exactly.

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, limit). */
  integer(limit: number): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
  /** In place; the same array is returned. */
  shuffle<T>(values: T[]): T[];
}

/**
 * xorshift32 (Marsaglia 2003), started from a hash of all seeds: `createRandom(seed, epoch, step)` is
 * independent of what was drawn before, which is what makes resuming in mid-epoch exact.
 */
export function createRandom(...seeds: number[]): Random {
  let state = hashSeeds(seeds);
  const next = () => {
    state = nextXorshift(state);
    return (state >>> 0) / 2 ** 32;
  };
  const integer = (limit: number) => Math.floor(next() * limit);
  return {
    next,
    integer,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    shuffle(values) {
      for (let last = values.length - 1; last > 0; last--) {
        const other = integer(last + 1);
        [values[last], values[other]] = [values[other] as never, values[last] as never];
      }
      return values;
    },
  };
}

/** The generator's step, for loops too hot for a call: state is a non-zero int32. */
export function nextXorshift(state: number): number {
  let next = state;
  next ^= next << 13;
  next ^= next >>> 17;
  next ^= next << 5;
  return next;
}

/** Mixes all seeds (the finaliser of MurmurHash3) into a non-zero int32. */
export function hashSeeds(seeds: readonly number[]): number {
  let hash = 0x9e3779b9 | 0;
  for (const seed of seeds) {
    hash = Math.imul(hash ^ seed, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
  }
  return hash || 1;
}
