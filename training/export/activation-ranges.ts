// Activation ranges for the int8 graph, from the greatest values that convolutions put out.
import type { ActivationRanges } from '@caption-queue/model/bundle';

export interface RangeMeter {
  /** @param greatest of the convolution's outputs after ReLU */
  note(convolution: string, greatest: number): void;
  /** From 0, since ReLU lets nothing below it through, to the greatest value noted. */
  ranges(): ActivationRanges;
}

/** Unsigned, 8 bits. */
const GREATEST_STORED = 255;

export function createRangeMeter(): RangeMeter {
  const greatest = new Map<string, number>();
  return {
    note(convolution, value) {
      greatest.set(convolution, Math.max(greatest.get(convolution) ?? 0, value));
    },
    ranges: () =>
      Object.fromEntries(
        // A convolution that never puts out anything keeps a scale that can be divided by.
        [...greatest].map(([name, value]) => [
          name,
          { scale: (value || 1) / GREATEST_STORED, zeroPoint: 0 },
        ]),
      ),
  };
}
