// How scripts/gather-graphics finds, checks and draws pictures.
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

// The scripts are checked by a configuration of their own.
const part = (file: string) =>
  import(new URL(`../../../scripts/gather-graphics/${file}`, import.meta.url).href);
const { alterPhoto } = await part('altered.mjs');
const { drawBlank } = await part('blank.mjs');
const { findFiles } = await part('files.mjs');
const { drawDocument } = await part('pages/documents.mjs');
const { drawWindow } = await part('pages/windows.mjs');
const { createCollector, preparePicture } = await part('pictures.mjs');
const { createRandom } = await part('random.mjs');
const { weather } = await part('weather.mjs');

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'gather-graphics-'));
});

afterEach(() => rm(folder, { recursive: true }));

const circle = (size: number, colour = 'teal') =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}"><circle cx="50%" cy="50%" r="30%" fill="${colour}"/></svg>`,
  );

describe('findFiles', () => {
  it('follows the patterns and leaves out the others, in order', async () => {
    await mkdir(path.join(folder, 'a/b'), { recursive: true });
    for (const file of ['a/b/One.PNG', 'a/two.png', 'a/icon-3.png', 'a/four.jpg', 'five.png']) {
      await writeFile(path.join(folder, file), '');
    }
    const files = ['a/**/*.{png,gif}'];
    expect(await findFiles(folder, { files, not: ['**/icon-*'] })).toEqual([
      'a/b/One.PNG',
      'a/two.png',
    ]);
    expect(await findFiles(folder, { files: ['{five,a/f*}.*'] })).toEqual([
      'a/four.jpg',
      'five.png',
    ]);
  });
});

describe('preparePicture', () => {
  it('scales large pictures down and keeps small ones', async () => {
    const large = await sharp(circle(1200)).png().toBuffer();
    const picture = await preparePicture(large, 'large.png');
    expect(await sharp(picture?.data).metadata()).toMatchObject({ width: 640, height: 640 });
    const small = await sharp(circle(60)).png().toBuffer();
    expect(await sharp((await preparePicture(small, 'small.png'))?.data).metadata()).toMatchObject({
      width: 60,
      hasAlpha: true,
    });
  });

  it('draws an SVG at the side asked for, on the background asked for', async () => {
    const picture = await preparePicture(circle(16), 'icon.svg', { side: 200, background: '#fff' });
    const { data, info } = await sharp(picture?.data).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 200, height: 200 });
    expect([...data.subarray(0, 3)]).toEqual([255, 255, 255]);
  });

  it('refuses what is too small, too long, plain or no picture', async () => {
    const create = (width: number, height: number, background: string) =>
      sharp({ create: { width, height, channels: 3, background } })
        .png()
        .toBuffer();
    const plain = await create(100, 100, 'navy');
    expect(await preparePicture(plain, 'plain')).toBeUndefined();
    expect(await preparePicture(plain, 'plain', { plain: true })).toBeDefined();
    expect(await preparePicture(await sharp(circle(20)).png().toBuffer(), 'tiny')).toBeUndefined();
    expect(
      await preparePicture(await create(700, 100, 'red'), '', { plain: true }),
    ).toBeUndefined();
    expect(await preparePicture(Buffer.from('none'), 'none')).toBeUndefined();
  });
});

describe('createCollector', () => {
  it('keeps a picture once, under its origin’s name', async () => {
    const source = { source: 'set', kind: 'drawing', split: 'train' };
    const collector = createCollector(folder, source);
    const picture = await preparePicture(await sharp(circle(60)).png().toBuffer(), '');
    expect(await collector.add(picture, 'usr/share/ä circle.svg')).toBe(true);
    expect(await collector.add(picture, 'again.svg')).toBe(false);
    expect(await collector.add(undefined)).toBe(false);
    expect(collector.rows).toEqual(['drawing/set/0000-_circle.png,drawing,set,train']);
    expect(await readFile(path.join(folder, 'drawing/set/0000-_circle.png'))).toEqual(
      picture?.data,
    );
  });
});

describe('what is drawn', () => {
  it('repeats by its seed, and differs by it', async () => {
    const material = { split: 'train', photos: ['file:///photo.jpg'], icons: [] };
    for (const draw of [drawWindow, drawDocument]) {
      const [first, again, other] = ['a', 'a', 'b'].map((seed) =>
        draw(createRandom(seed), material),
      );
      expect(first).toEqual(again);
      expect(first).not.toEqual(other);
    }
    const [first, again] = await Promise.all(
      ['a', 'a'].map((seed) => drawBlank(createRandom(seed), { split: 'train' })),
    );
    expect(first).toEqual(again);
  });

  it('says which windows are never cut: a part could be nothing but a photo', () => {
    const photos = ['file:///photo.jpg'];
    const pages = Array.from({ length: 60 }, (_, index) =>
      drawWindow(createRandom(`window ${index}`), { split: 'train', photos, icons: [] }),
    );
    const withPhoto = pages.filter(({ html }) => html.includes(photos[0] ?? ''));
    expect(withPhoto.length).toBeGreaterThan(5);
    expect(withPhoto.every(({ whole }) => whole)).toBe(true);
    expect(pages.some(({ whole }) => !whole)).toBe(true);
  });

  it('alters a photo, the same way by the same seed', async () => {
    const file = fileURLToPath(new URL('../../fixtures/photos/dog.jpg', import.meta.url));
    const [first, again] = await Promise.all(
      ['a', 'a'].map((seed) => alterPhoto(file, createRandom(seed))),
    );
    expect(first).toEqual(again);
    expect(first).not.toEqual(await readFile(file));
    expect((await sharp(first).metadata()).format).toBe('jpeg');
  });

  it('ages a page without changing its size by much', async () => {
    const page = await sharp(circle(300, 'black')).flatten({ background: '#fff' }).png().toBuffer();
    const aged = await weather(page, createRandom('page'), 1);
    const { width, format } = await sharp(aged).metadata();
    expect(format).toBe('jpeg');
    expect(width).toBeGreaterThan(140);
    expect(width).toBeLessThan(340);
    expect(aged).not.toEqual(await sharp(page).jpeg().toBuffer());
  });
});

describe('the command', () => {
  const program = fileURLToPath(new URL('../../../scripts/gather-graphics.mjs', import.meta.url));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });

  it('says how it is used', () => {
    const { status, stderr } = run();
    expect(status).toBe(1);
    expect(stderr).toContain('--output FOLDER');
  });

  it('refuses a source that it does not know', () => {
    const { status, stderr } = run('--output', folder, '--only', 'nothing');
    expect(status).toBe(1);
    expect(stderr).toContain('There is no source nothing.');
  });
});
