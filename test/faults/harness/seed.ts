// The seed of a run: printed, and taken from FAULTS_SEED, so that a run that failed can be had again.
import { randomInt } from 'node:crypto';
import { createRandom, type Random } from '../../support/numbers/random.ts';

export const seed = Number(process.env.FAULTS_SEED ?? randomInt(2 ** 31));
console.info(`To have this run again: FAULTS_SEED=${seed}`);

/** Each purpose has numbers of its own, so that one that takes more doesn't change what the others get. */
export function randomFor(purpose: string): Random {
  let mixed = seed;
  for (const letter of purpose) mixed = Math.imul(mixed ^ letter.charCodeAt(0), 0x01000193);
  return createRandom(mixed);
}

export function shuffled<T>(items: readonly T[], random: Random): T[] {
  return items
    .map((item) => ({ item, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
