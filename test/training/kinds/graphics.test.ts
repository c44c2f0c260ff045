// What a table of pictures and their kinds may say.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GRAPHICS_FILE, readGraphics } from '@caption-queue/training/kinds/graphics';
import { describe, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';

const folder = useFolder();
const read = async (...lines: string[]) => {
  await writeFile(join(folder, GRAPHICS_FILE), ['file,kind,source,split', ...lines].join('\n'));
  return readGraphics(folder);
};

describe('a table of pictures', () => {
  it('says of each its kind, where it comes from, and whether it is held out', async () => {
    expect(await read('a/cup.png,drawing,icons,train', '"b,c.jpg",photo,stamps,held-out')).toEqual([
      { file: join(folder, 'a/cup.png'), kind: 'drawing', source: 'icons', split: 'train' },
      { file: join(folder, 'b,c.jpg'), kind: 'photo', source: 'stamps', split: 'held-out' },
    ]);
  });

  it.each([
    ['an unknown kind', 'a.png,painting,icons,train', /Picture 1 .*a kind \(photo, drawing/],
    ['an unknown split', 'a.png,photo,icons,dev', /train or held-out/],
    ['no source', 'a.png,photo,,train', /a source/],
    ['too few columns', 'a.png,photo', /graphics\.csv: Invalid Record Length/],
  ])('is refused with %s', async (_what, line, message) => {
    await expect(read(line)).rejects.toThrow(message);
  });

  it('is refused when pictures of one source are learned from and held out', async () => {
    const lines = ['a.png,drawing,icons,train', 'b.png,chart,icons,held-out'];
    await expect(read(...lines)).rejects.toThrow(/icons both to train on and held out/);
  });

  it('is asked for where there is none', async () => {
    await expect(readGraphics(join(folder, 'nowhere'))).rejects.toThrow(/Its first line is file,/);
  });
});
