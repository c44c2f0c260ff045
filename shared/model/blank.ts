// Pictures of which the pixels alone tell that there is nothing to see: one colour, an even gradient, a strip one pixel
// wide that was stretched. Their features are zeros: no network is asked, and whoever reads features knows them.
import { IMAGE_SIZE } from '@caption-queue/contract/bundle';

/** Levels (of 256) that compression and rounding may add. */
const TOLERANCE = 6;
/** Levels from one pixel to the next: a gradient is no steeper, bands of colour are. */
const MOST_EVEN_STEP = 3;
/** Levels up and down along a line: no flag's bands have more, a strip out of a picture has. */
const MOST_OF_BANDS = 1200;
const CHANNELS = 3;

/** @param pixels 299 × 299 × 3 bytes, RGB */
export function isBlank(pixels: Uint8Array): boolean {
  return isEven(pixels) || isStrip(pixels, 'rows') || isStrip(pixels, 'columns');
}

/** Whether features are those of a blank picture. No network answers zeros only. @param pooled `[2048]` */
export const areBlank = (pooled: Float32Array): boolean => pooled.every((value) => value === 0);

const at = (pixels: Uint8Array, x: number, y: number, channel: number) =>
  pixels[(y * IMAGE_SIZE + x) * CHANNELS + channel] as number;

/** One colour, or a gradient that rises evenly in some direction: each channel is a plane through three corners. */
function isEven(pixels: Uint8Array): boolean {
  const end = IMAGE_SIZE - 1;
  for (let channel = 0; channel < CHANNELS; channel++) {
    const corner = at(pixels, 0, 0, channel);
    const alongX = (at(pixels, end, 0, channel) - corner) / end;
    const alongY = (at(pixels, 0, end, channel) - corner) / end;
    for (let y = 0; y < IMAGE_SIZE; y++) {
      for (let x = 0; x < IMAGE_SIZE; x++) {
        const expected = corner + alongX * x + alongY * y;
        if (Math.abs(at(pixels, x, y, channel) - expected) > TOLERANCE) return false;
      }
    }
  }
  return true;
}

/** All rows (or columns) are the same, and they are no flag: a gradient, or more up and down than bands have. */
function isStrip(pixels: Uint8Array, same: 'rows' | 'columns'): boolean {
  const value = (along: number, across: number, channel: number) =>
    same === 'rows' ? at(pixels, along, across, channel) : at(pixels, across, along, channel);
  let steepest = 0;
  let variation = 0;
  for (let along = 0; along < IMAGE_SIZE; along++) {
    let step = 0;
    for (let channel = 0; channel < CHANNELS; channel++) {
      const first = value(along, 0, channel);
      for (let across = 1; across < IMAGE_SIZE; across++) {
        if (Math.abs(value(along, across, channel) - first) > TOLERANCE) return false;
      }
      if (along > 0) step = Math.max(step, Math.abs(first - value(along - 1, 0, channel)));
    }
    steepest = Math.max(steepest, step);
    variation += step;
  }
  return steepest <= MOST_EVEN_STEP || variation > MOST_OF_BANDS;
}
