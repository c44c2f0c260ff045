// GIF whose first frame is smaller than its canvas.
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { describe, expect, it } from 'vitest';
import { averageColour, quarterColours, refusalOf } from '../../../support/pictures/compare.ts';

/** Two colours, red and blue; a frame of 2 × 2 red pixels somewhere on the canvas. */
function gif(options: {
  side: number;
  at: number;
  transparent?: number;
  comment?: boolean;
}): Buffer {
  const { side, at, transparent, comment = false } = options;
  return Buffer.concat([
    Buffer.from('GIF89a'),
    Buffer.from([side, 0, side, 0, 0x80, 0, 0, 255, 0, 0, 0, 0, 255]),
    Buffer.from(comment ? [0x21, 0xfe, 2, 65, 66, 1, 67, 0] : []),
    Buffer.from(transparent === undefined ? [] : [0x21, 0xf9, 4, 1, 0, 0, transparent, 0]),
    // Clear, colour 0 twice, clear, colour 0 twice, end: three bits each, the lowest first.
    Buffer.from([0x2c, at, 0, at, 0, 2, 0, 2, 0, 0, 2, 3, 0x04, 0x08, 0x14, 0, 0x3b]),
  ]);
}

const [RED, WHITE] = [
  [255, 0, 0],
  [255, 255, 255],
];

describe('a GIF', () => {
  it.each([true, false])('whose first frame fills a corner lies on white', async (comment) => {
    const image = await normaliseImage(gif({ side: 4, at: 2, comment }));
    expect(image).toMatchObject({ mediaType: 'image/gif', width: 4, height: 4 });
    expect(quarterColours(image.pixels)).toEqual([WHITE, WHITE, WHITE, RED]);
  });

  it('whose first frame has a transparent colour lies on white', async () => {
    const { pixels } = await normaliseImage(gif({ side: 4, at: 2, transparent: 1 }));
    expect(quarterColours(pixels)).toEqual([WHITE, WHITE, WHITE, RED]);
    expect(averageColour((await normaliseImage(gif({ side: 2, at: 0 }))).pixels)).toEqual(RED);
  });

  it('needs no last byte', async () => {
    const whole = gif({ side: 2, at: 0 });
    expect(await refusalOf(whole.subarray(0, whole.length - 1))).toBe('accepted');
  });
});
