// Chance that repeats: the same seed always draws the same.
import { createHash } from 'node:crypto';

/** @typedef {ReturnType<typeof createRandom>} Random */

/**
 * @param {string} seed any text
 * @returns draws that depend on nothing but `seed` and their order
 */
export function createRandom(seed) {
  let state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  /** Mulberry32. @returns {number} in [0, 1) */
  function next() {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  /** @param {number} from @param {number} to both included */
  const int = (from, to) => from + Math.floor(next() * (to - from + 1));
  return {
    next,
    int,
    /** @param {number} probability */
    chance: (probability) => next() < probability,
    /** @template T @param {readonly T[]} items @returns {T} */
    pick: (items) => /** @type {T} */ (items[int(0, items.length - 1)]),
    /** @template T @param {readonly T[]} items @returns {T[]} in another order */
    shuffle: (items) =>
      items
        .map((item) => ({ item, key: next() }))
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item),
    /** @template T @param {number} count @param {(index: number) => T} make @returns {T[]} */
    times: (count, make) => Array.from({ length: count }, (_, index) => make(index)),
  };
}
