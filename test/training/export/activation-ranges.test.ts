import { createRangeMeter } from '@caption-queue/training/export/activation-ranges';
import { expect, it } from 'vitest';

it('spreads 8 bits from 0 to the greatest output of each convolution, also of one that puts out nothing', () => {
  const meter = createRangeMeter();
  meter.note('conv2d_1', 2);
  meter.note('conv2d_1', 5.1);
  meter.note('conv2d_1', 3);
  meter.note('conv2d_2', 0);
  expect(meter.ranges()).toEqual({
    conv2d_1: { scale: 5.1 / 255, zeroPoint: 0 },
    conv2d_2: { scale: 1 / 255, zeroPoint: 0 },
  });
});
