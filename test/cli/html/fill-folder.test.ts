// A folder of pages gets its alt texts, and nothing else changes.
import { chmod, mkdir, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findPages } from '@caption-queue/cli/html/find-pages';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { captionByName, createSite, fillSite } from '../../support/cli/site.ts';

const isRoot = process.getuid?.() === 0;

let remove = async () => {};
afterEach(async () => {
  await remove();
  remove = async () => {};
});
async function site(files: Record<string, string | Uint8Array>) {
  const made = await createSite({ 'dog.jpg': 'x', 'cat.jpg': 'x', 'unsure.jpg': 'x', ...files });
  remove = made.remove;
  return made;
}

describe('the pages of a folder', () => {
  it('are its .html and .htm files, however deep, but not those of packages and tools', async () => {
    const names = ['b.html', 'a.HTM', 'deep/er/c.html', 'a.html.bak', 'page.txt', 'img.jpg'];
    const foreign = ['node_modules/x/index.html', 'deep/node_modules/i.html', '.git/i.html'];
    const { folder } = await site(Object.fromEntries([...names, ...foreign].map((n) => [n, ''])));
    const { pages, failures } = await findPages(folder);
    expect(pages.map(({ file }) => file)).toEqual(['a.HTM', 'b.html', 'deep/er/c.html']);
    expect(failures).toEqual([]);
  });

  it('are each there once, by their own names, and never outside', async () => {
    const outside = await createSite({ 'secret.html': '<img src=dog.jpg>' });
    const { folder } = await site({ 'z.html': '', 'sub/text.txt': '' });
    await symlink('z.html', join(folder, 'a.html'));
    await symlink('sub/text.txt', join(folder, 'linked.html'));
    await symlink(join(outside.folder, 'secret.html'), join(folder, 'secret.html'));
    await symlink(outside.folder, join(folder, 'elsewhere'));
    await symlink('gone.html', join(folder, 'broken.html'));
    await mkdir(join(folder, 'folder.html'));
    const { pages, failures } = await findPages(folder);
    expect(pages.map(({ file }) => file)).toEqual(['linked.html', 'z.html']);
    expect(failures).toEqual([
      { file: 'broken.html', error: 'There is no such file.' },
      { file: 'secret.html', error: 'This link leads out of the folder.' },
    ]);
    await outside.remove();
  });

  it.skipIf(isRoot)('are still found beside a folder that may not be read', async () => {
    const { folder } = await site({ 'a.html': '', 'locked/b.html': '' });
    await chmod(join(folder, 'locked'), 0);
    const { pages, failures } = await findPages(folder);
    await chmod(join(folder, 'locked'), 0o700);
    expect(pages).toHaveLength(1);
    expect(failures).toEqual([{ file: 'locked', error: expect.stringContaining('EACCES') }]);
  });
});

describe('filling alt texts', () => {
  const page =
    '<html lang=en>\r\n<IMG SRC=dog.jpg>\r\n<img src="unsure.jpg"><img src=cat.jpg alt>\n<img src=cat.jpg alt="Tom">';

  it('changes nothing unless it is told to', async () => {
    const { folder, read } = await site({ 'a.html': page });
    const before = await stat(join(folder, 'a.html'));
    const [result] = await fillSite(folder);
    expect(result).toEqual({
      file: 'a.html',
      images: [
        {
          line: 2,
          src: 'dog.jpg',
          language: 'en',
          warnings: [],
          outcome: {
            kind: 'text',
            altText: 'a dog',
            caption: 'a dog',
            confidence: 0.9,
            picture: 'photo',
          },
        },
        {
          line: 3,
          src: 'unsure.jpg',
          language: 'en',
          warnings: [],
          outcome: { kind: 'unsure', caption: 'a unsure', confidence: 0.2, picture: 'photo' },
        },
      ],
      described: 1,
      empty: 1,
      written: false,
    });
    expect((await read('a.html')).toString()).toBe(page);
    expect((await stat(join(folder, 'a.html'))).mtimeMs).toBe(before.mtimeMs);
  });

  it('writes what is missing, keeps the mode and leaves nothing behind', async () => {
    const { folder, read } = await site({ 'a.html': page });
    await chmod(join(folder, 'a.html'), 0o640);
    const names = await readdir(folder);
    const [result] = await fillSite(folder, { write: true });
    expect(result?.written).toBe(true);
    expect((await read('a.html')).toString()).toBe(
      page.replace('SRC=dog.jpg', 'SRC=dog.jpg alt="a dog"'),
    );
    expect((await stat(join(folder, 'a.html'))).mode & 0o777).toBe(0o640);
    expect(await readdir(folder)).toEqual(names);

    const [again] = await fillSite(folder, { write: true });
    expect(again).toMatchObject({ described: 2, written: false });
  });

  it('replaces an empty alt only where that is asked for, and never by nothing', async () => {
    const html = '<img alt="" src=dog.jpg><img alt="" src=unsure.jpg><img alt=Tom src=cat.jpg>';
    const { folder, read } = await site({ 'a.html': html });
    await fillSite(folder, { write: true, includeEmpty: true });
    expect((await read('a.html')).toString()).toBe(
      html.replace('alt="" src=dog.jpg', 'alt="a dog" src=dog.jpg'),
    );
  });

  it.each([
    [
      'latin-1',
      Buffer.from('<meta charset=latin1>caf\xe9 <img src=%C3%A9.jpg> \xff\x80', 'latin1'),
    ],
    ['windows-1252', Buffer.from('\x93caf\xe9\x94 <img src="\xe9.jpg">', 'latin1')],
    ['utf-8', Buffer.from('é😀<img src="é.jpg">😀')],
    ['a byte order mark', Buffer.from('\ufeff<html>😀<img src="é.jpg">')],
    [
      'no valid encoding at all',
      Buffer.from('\0\xc3<img src="&eacute;.jpg">\xed\xa0\x80', 'latin1'),
    ],
  ])('keeps the bytes of a page in %s', async (_, before) => {
    const { folder, read } = await site({ 'a.html': before, 'é.jpg': 'x' });
    const captionPhoto = async () => ({
      caption: 'a cat',
      confidence: 1,
      alt_text: 'a cat',
      kind: null,
    });
    const [result] = await fillSite(folder, { write: true, captionPhoto });
    expect(result?.written).toBe(true);
    const after = (await read('a.html')).toString('latin1');
    expect(after).toContain(' alt="a cat"');
    expect(after.replace(' alt="a cat"', '')).toBe(before.toString('latin1'));
  });

  it('captions a picture once, whatever it is called and however often it is shown', async () => {
    const { folder } = await site({
      'a.html': '<img src=dog.jpg><img src="./dog.jpg?2"><img src=link.jpg>',
      'sub/b.html': '<img src=../dog.jpg><img src=/dog.jpg>',
    });
    await symlink('dog.jpg', join(folder, 'link.jpg'));
    const captionPhoto = vi.fn(captionByName);
    const results = await fillSite(folder, { captionPhoto });
    expect(results.flatMap(({ images }) => images)).toHaveLength(5);
    expect(captionPhoto.mock.calls).toEqual([[join(folder, 'dog.jpg')]]);
  });

  it('never opens a picture outside the folder', async () => {
    const { folder } = await site({ 'a.html': '<img src=out.jpg><img src="..%2fx.jpg">' });
    const outside = join(tmpdir(), `outside-${process.pid}.jpg`);
    await writeFile(outside, 'x');
    await symlink(outside, join(folder, 'out.jpg'));
    const captionPhoto = vi.fn(captionByName);
    const [result] = await fillSite(folder, { captionPhoto, write: true });
    await rm(outside);
    expect(result?.images[0]?.outcome).toEqual({ kind: 'skipped', reason: 'outside' });
    expect(result?.images[1]?.outcome).toMatchObject({ kind: 'failed' });
    expect(captionPhoto).not.toHaveBeenCalled();
  });

  it('goes on after pictures and pages that fail', async () => {
    const { folder, read } = await site({
      'a.html': Buffer.from('\ufeff<img src=dog.jpg>', 'utf16le'),
      'b.html': '<img src=damaged.jpg><img src=gone.jpg><img src=dog.jpg>',
      'damaged.jpg': 'x',
    });
    const [first, second] = await fillSite(folder, { write: true });
    expect(first).toMatchObject({ written: false, error: expect.stringContaining('UTF-16') });
    expect(second?.images.map(({ outcome }) => outcome)).toMatchObject([
      { kind: 'failed', error: 'The picture is damaged.' },
      { kind: 'failed', error: 'There is no such file.' },
      { kind: 'text' },
    ]);
    expect((await read('b.html')).toString()).toContain('<img src=dog.jpg alt="a dog">');
  });

  it('leaves a page alone that somebody changed meanwhile', async () => {
    const { folder, read, write } = await site({ 'a.html': '<img src=dog.jpg>' });
    const names = await readdir(folder);
    const captionPhoto = async (file: string) => {
      await write('a.html', 'new');
      return captionByName(file);
    };
    const [result] = await fillSite(folder, { write: true, captionPhoto });
    expect(result).toMatchObject({ written: false, error: expect.stringContaining('meanwhile') });
    expect((await read('a.html')).toString()).toBe('new');
    expect(await readdir(folder)).toEqual(names);
  });

  it.skipIf(isRoot)('respects a page that may not be written', async () => {
    const { folder, read } = await site({ 'a.html': '<img src=dog.jpg>' });
    await chmod(join(folder, 'a.html'), 0o444);
    const [result] = await fillSite(folder, { write: true });
    expect(result).toMatchObject({
      written: false,
      error: expect.stringContaining('may not write'),
    });
    expect((await read('a.html')).toString()).toBe('<img src=dog.jpg>');
  });

  it('writes through a link that stays inside, and keeps the link', async () => {
    const { folder, read } = await site({ 'real/page.txt': '<img src=dog.jpg>' });
    await symlink('real/page.txt', join(folder, 'page.html'));
    await fillSite(folder, { write: true });
    expect((await read('real/page.txt')).toString()).toBe('<img src=dog.jpg alt="a dog">');
    expect((await findPages(folder)).pages.map(({ file }) => file)).toEqual(['page.html']);
  });
});
