// HEIC: turned, tiled, transparent, wide-gamut, in sequences; and what is wrong or hostile in one.
import { normaliseImage } from '@caption-queue/imaging/normalise';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import {
  answerTo,
  averageColour,
  meanDifference,
  quarterColours,
  refusalOf,
} from '../../../support/pictures/compare.ts';
import {
  auxiliary,
  box,
  codedItem,
  gridItem,
  type HeifItem,
  irot,
  ispe,
  readHeic,
  u16,
  u32,
  writeHeif,
} from '../../../support/pictures/heif.ts';
import { cutEnd, flipByte, readPhoto } from '../../../support/pictures/pictures.ts';

const [RED, GREEN, BLUE, WHITE] = [
  [224, 32, 32],
  [32, 192, 32],
  [32, 64, 224],
  [240, 240, 240],
] as const;

/** Codings of colours are lossy. */
const near = (colours: readonly (readonly number[])[], others: readonly (readonly number[])[]) =>
  colours.flat().every((value, n) => Math.abs(value - (others.flat()[n] ?? 0)) < 12);

/** Red and green above blue and white. */
function fourTiles(...properties: Buffer[]): Buffer {
  const tiles = (['red', 'green', 'blue', 'white'] as const).map((name) => codedItem(name));
  const grid = gridItem({ rows: 2, columns: 2, width: 128, height: 128, properties });
  return writeHeif({
    items: [grid, ...tiles.map((tile) => ({ ...tile, hidden: true }))],
    references: [{ type: 'dimg', from: 1, to: [2, 3, 4, 5] }],
  });
}

describe('a HEIC picture', () => {
  it('looks like the photo that it was made of', async () => {
    const image = await normaliseImage(readHeic('photo'));
    expect(image).toMatchObject({ mediaType: 'image/heic', width: 192, height: 128 });
    const small = await sharp(readPhoto('coffee.jpg')).resize(192, 128).png().toBuffer();
    const expected = await normaliseImage(small);
    expect(meanDifference(image.pixels, expected.pixels)).toBeLessThan(6);
  });

  it('may be in tiles', async () => {
    const image = await normaliseImage(fourTiles());
    expect(image).toMatchObject({ width: 128, height: 128 });
    expect(near(quarterColours(image.pixels), [RED, GREEN, BLUE, WHITE])).toBe(true);
  });

  it.each([
    [1, [GREEN, WHITE, RED, BLUE]],
    [2, [WHITE, BLUE, GREEN, RED]],
    [3, [BLUE, RED, WHITE, GREEN]],
  ])('is turned by %i quarters against the clock', async (quarters, expected) => {
    const { pixels } = await normaliseImage(fourTiles(irot(quarters)));
    expect(near(quarterColours(pixels), expected)).toBe(true);
  });

  it('gives its sides as turned', async () => {
    const grid = gridItem({ rows: 1, columns: 2, width: 128, height: 64, properties: [irot(1)] });
    const tiles = (['red', 'green'] as const).map((name) => ({ ...codedItem(name), hidden: true }));
    const bytes = writeHeif({
      items: [grid, ...tiles],
      references: [{ type: 'dimg', from: 1, to: [2, 3] }],
    });
    expect(await normaliseImage(bytes)).toMatchObject({ width: 64, height: 128 });
  });

  it('with transparency lies on white', async () => {
    const { pixels } = await normaliseImage(readHeic('transparent'));
    expect(averageColour(pixels)).toEqual([255, 255, 255]);
  });

  it('with a wide-gamut profile arrives in sRGB', async () => {
    const { pixels } = await normaliseImage(readHeic('wide-gamut'));
    expect(near([averageColour(pixels)], [[200, 48, 32]])).toBe(true);
  });

  it('may be a sequence, whose first picture counts', async () => {
    const image = await normaliseImage(readHeic('sequence'));
    expect(image).toMatchObject({ mediaType: 'image/heic', width: 64, height: 64 });
    expect(near([averageColour(image.pixels)], [RED])).toBe(true);
  });

  it('counts without its depth, gain map and thumbnail', async () => {
    const bytes = writeHeif({
      items: [
        codedItem('red'),
        { ...codedItem('white', auxiliary('urn:mpeg:hevc:2015:auxid:2')), hidden: true },
        {
          ...codedItem('blue', auxiliary('urn:com:apple:photo:2020:aux:hdrgainmap')),
          hidden: true,
        },
        codedItem('green'),
      ],
      references: [
        { type: 'auxl', from: 2, to: [1] },
        { type: 'auxl', from: 3, to: [1] },
        { type: 'thmb', from: 4, to: [1] },
      ],
    });
    expect(near([averageColour((await normaliseImage(bytes)).pixels)], [RED])).toBe(true);
  });

  it.each([[['mif1', 'mif1']], [['msf1', 'mif1']], [['heix', 'mif1']], [['miaf', 'mif1', 'MiHE']]])(
    'may call itself %j',
    async (brands) => {
      const bytes = writeHeif({ items: [codedItem('red')], brands });
      expect(await normaliseImage(bytes)).toMatchObject({ mediaType: 'image/heic' });
    },
  );
});

describe('a HEIC file that is refused', () => {
  it.each([2, 20, 100, 200])('lacks its last %i bytes', async (count) => {
    expect(await refusalOf(cutEnd(readHeic('red'), count))).toBe('damaged_image');
  });

  it('is cut in half', async () => {
    const photo = readHeic('photo');
    expect(await refusalOf(photo.subarray(0, photo.length >> 1))).toBe('damaged_image');
  });

  it('has nothing in it', async () => {
    const start = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0heicmif1', 'latin1');
    expect(await refusalOf(start)).toBe('damaged_image');
    expect(await refusalOf(Buffer.concat([start, Buffer.alloc(200)]))).toBe('damaged_image');
  });

  it('never crashes, whatever byte is wrong', async () => {
    const red = readHeic('red');
    for (let at = 0; at < red.length; at += 5) {
      expect(await refusalOf(flipByte(red, at))).toMatch(
        /^(accepted|damaged_|unsupported_|image_too)/,
      );
    }
  });

  it('claims too many pixels', async () => {
    const huge: HeifItem = { ...codedItem('red'), properties: [ispe(60_000, 60_000)] };
    const hvcC = codedItem('red').properties[0] as Buffer;
    huge.properties.push(hvcC);
    expect(await refusalOf(writeHeif({ items: [huge] }))).toBe('image_too_large');
    expect(await refusalOf(readHeic('photo'), { maxPixels: 2 * 192 * 128 - 2 })).toBe(
      'image_too_large',
    );
    expect(await refusalOf(readHeic('photo'), { maxPixels: 2 * 192 * 128 })).toBe('accepted');
  });

  it('is a grid of itself, or of tiles that are not there', async () => {
    const grid = gridItem({ rows: 2, columns: 2, width: 128, height: 128 });
    for (const to of [[1], [1, 2], [7, 8, 9, 10], [], [2], [2, 2, 2, 2]]) {
      const bytes = writeHeif({
        items: [grid, codedItem('red')],
        references: [{ type: 'dimg', from: 1, to }],
      });
      expect(await refusalOf(bytes)).toMatch(/^(damaged_image|image_too_large)$/);
    }
  });

  it('nests boxes without end', async () => {
    let nested = box('iprp');
    for (let depth = 0; depth < 10_000; depth += 1) nested = box('iprp', nested);
    const start = box('ftyp', Buffer.from('heic'), u32(0), Buffer.from('heic'));
    const bytes = Buffer.concat([start, box('meta', u32(0), nested)]);
    expect(await refusalOf(bytes)).toMatch(/^(damaged_image|image_too_large)$/);
  });

  it('lists more items than there are', async () => {
    const bytes = writeHeif({ items: [codedItem('red')] });
    const count = bytes.indexOf('iinf') + 8;
    bytes.set(u16(0xffff), count);
    expect(await refusalOf(bytes)).toMatch(/^(damaged_image|image_too_large|accepted)$/);
  });

  it('has a coding that is not read, which is named', async () => {
    const avc = Buffer.from(writeHeif({ items: [codedItem('red')], brands: ['avci', 'mif1'] }));
    avc.write('avc1', avc.indexOf('hvc1'));
    avc.write('avcC', avc.indexOf('hvcC'));
    expect(await answerTo(avc)).toMatch(/^This is a HEIF picture of a rare coding/);
  });
});
