// From evidence to a calibrated chance.
import type { Chance } from '@caption-queue/contract/calibration';
import type { Evidence } from './evidence.ts';

/** @throws RangeError when the evidence lacks what the weights are for */
export function logOdds({ bias, weights }: Chance, evidence: Evidence): number {
  return Object.entries(weights).reduce((sum, [name, weight]) => {
    const value = evidence[name];
    if (value === undefined) {
      throw new RangeError(`The calibration weighs '${name}', which this release doesn't know.`);
    }
    return sum + weight * value;
  }, bias);
}

export function chanceOf(chance: Chance, evidence: Evidence): number {
  return 1 / (1 + Math.exp(-logOdds(chance, evidence)));
}
