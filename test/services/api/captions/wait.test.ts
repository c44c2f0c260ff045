// `Prefer: wait=N`, as RFC 7240 writes it.

import { parseWait } from '@caption-queue/api/captions/wait';
import { describe, expect, it } from 'vitest';

describe('the preferred wait', () => {
  it.each<[string | undefined, number]>([
    [undefined, 0],
    ['', 0],
    ['wait=5', 5],
    ['Wait = 5', 5],
    ['wait="5"', 5],
    ['respond-async, wait=10', 10],
    ['wait=10; foo=bar', 10],
    ['wait=60', 60],
    ['wait=61', 60],
    ['wait=999999999', 60],
    ['wait=-1', 0],
    ['wait=soon', 0],
    ['await=5', 0],
    ['wait=5s', 0],
  ])('of %s is %i s', (header, seconds) => {
    expect(parseWait(header)).toBe(seconds);
  });
});
