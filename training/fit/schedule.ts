// The learning rate over a run: one cycle, up and then down to almost nothing.

/** Share of the run in which the rate rises. */
const RISING_SHARE = 0.2;
/** The first rate is the highest divided by this. */
const START_DIVISOR = 25;
/** The last rate is the highest divided by this. */
const END_DIVISOR = 1000;

/**
 * @param progress 0 at the first step of the run … 1 at its end
 * @param highest the rate at the top
 * @see Smith and Topin 2018, "Super-Convergence" (https://arxiv.org/abs/1708.07120); cosine slopes
 */
export function oneCycleRate(progress: number, highest: number): number {
  const between = (from: number, to: number, share: number) =>
    to + ((from - to) / 2) * (1 + Math.cos(Math.PI * share));
  return progress < RISING_SHARE
    ? between(highest / START_DIVISOR, highest, progress / RISING_SHARE)
    : between(highest, highest / END_DIVISOR, (progress - RISING_SHARE) / (1 - RISING_SHARE));
}

/** Share of the first rate that the last step has. */
const LAST_SHARE = 0.05;

/** Linearly down from `highest`: for training that goes on from good weights. */
export function fallingRate(progress: number, highest: number): number {
  return highest * (1 - (1 - LAST_SHARE) * progress);
}
