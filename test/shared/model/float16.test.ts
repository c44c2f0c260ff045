import { fromFloat16Bits, toFloat16Bits } from '@caption-queue/model/float16';
import { expect, it } from 'vitest';

it.each([
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65_504, 0x7bff],
  [65_520, 0x7c00],
  [2 ** -24, 0x0001],
  [2 ** -14, 0x0400],
  [1 / 3, 0x3555],
  [Number.POSITIVE_INFINITY, 0x7c00],
  [Number.NEGATIVE_INFINITY, 0xfc00],
])('stores %d as the half with bits %i', (value, bits) => {
  expect(toFloat16Bits([value])[0]).toBe(bits);
});

it('rounds ties to the even neighbour', () => {
  expect(toFloat16Bits([1 + 2 ** -11, 1 + 3 * 2 ** -11])).toEqual(Uint16Array.of(0x3c00, 0x3c02));
});

it('keeps every half unchanged on the way there and back', () => {
  const all = Uint16Array.from({ length: 65_536 }, (_, bits) => bits);
  const finite = all.filter((bits) => (bits & 0x7c00) !== 0x7c00);
  expect(toFloat16Bits(fromFloat16Bits(finite))).toEqual(finite);
});

it('keeps a NaN a NaN', () => {
  expect(fromFloat16Bits(toFloat16Bits([Number.NaN]))[0]).toBeNaN();
});
