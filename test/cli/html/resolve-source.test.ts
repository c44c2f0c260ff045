// From the src of an image to a file, never outside the folder.
import { mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveSource } from '@caption-queue/cli/html/resolve-source';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPhoto } from '../../support/pictures/pictures.ts';

/** The folder is `site`; beside it lies what nobody may read. */
let around: string;
let root: string;
beforeAll(async () => {
  around = await realpath(await mkdtemp(join(tmpdir(), 'around-')));
  root = join(around, 'site');
  for (const folder of ['site/img/sub', 'site/news', 'site-secret', 'secret']) {
    await mkdir(join(around, folder), { recursive: true });
  }
  const names = ['img/a.jpg', 'img/sub/a b+c.jpg', 'img/é😀.jpg', 'img/100%.jpg', 'img/a?b#c.jpg'];
  for (const name of [...names, 'news/own.jpg', 'img/drawing.svg']) {
    await writeFile(join(root, name), name);
  }
  await writeFile(join(root, 'img/drawn.png'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
  await writeFile(join(root, 'img/photo.svg'), readPhoto('cat.jpg'));
  for (const folder of ['secret', 'site-secret']) {
    await writeFile(join(around, folder, 'a.jpg'), 'secret');
  }
  await symlink('../../secret/a.jpg', join(root, 'img/out.jpg'));
  await symlink(join(around, 'site-secret'), join(root, 'elsewhere'));
  await symlink('../img', join(root, 'news/pictures'));
  await symlink('loop.jpg', join(root, 'img/loop.jpg'));
});
afterAll(() => rm(around, { recursive: true }));

const resolve = (src: string, baseHref?: string) =>
  resolveSource(src, { root, page: 'news/a page.html', baseHref });

describe('the src of an image on /news/a page.html', () => {
  it.each([
    ['own.jpg', 'news/own.jpg'],
    [' ./own.jpg\n', 'news/own.jpg'],
    ['../img/a.jpg', 'img/a.jpg'],
    ['/img/photo.svg', 'img/photo.svg'],
    ['/img/a.jpg', 'img/a.jpg'],
    ['../../../../img/a.jpg', 'img/a.jpg'],
    ['..\\img\\a.jpg', 'img/a.jpg'],
    ['/img/a.jpg?v=1#top', 'img/a.jpg'],
    ['/img/sub/a%20b+c.jpg', 'img/sub/a b+c.jpg'],
    ['/img/sub/a b+c.jpg', 'img/sub/a b+c.jpg'],
    ['/img/é😀.jpg', 'img/é😀.jpg'],
    ['/img/%C3%A9%f0%9f%98%80.jpg', 'img/é😀.jpg'],
    ['/img/100%25.jpg', 'img/100%.jpg'],
    ['/img/a%3Fb%23c.jpg', 'img/a?b#c.jpg'],
    ['/%69mg/%2e%2e/img/a.jpg', 'img/a.jpg'],
    ['pictures/a.jpg', 'img/a.jpg'],
  ])('%j means %s', async (src, file) => {
    expect(await resolve(src)).toEqual({ path: join(root, file) });
  });

  it.each([
    ['/img/', 'a.jpg', 'img/a.jpg'],
    ['../img/sub/', '../a.jpg', 'img/a.jpg'],
    ['../img/index.html', 'a.jpg', 'img/a.jpg'],
    ['/news/', '/img/a.jpg', 'img/a.jpg'],
    ['http://[', 'own.jpg', 'news/own.jpg'],
  ])('with the base %s, %j means %s', async (base, src, file) => {
    expect(await resolve(src, base)).toEqual({ path: join(root, file) });
  });

  it.each([
    ['http://example.com/a.jpg', 'remote'],
    ['//example.com/img/a.jpg', 'remote'],
    ['\\\\example.com\\img\\a.jpg', 'remote'],
    ['https:/img/a.jpg', 'remote'],
    ['file:///etc/passwd', 'remote'],
    ['blob:x', 'remote'],
    ['/img/drawing.SVG?x', 'drawing'],
    ['/img/drawn.png', 'drawing'],
    ['/img/out.jpg', 'outside'],
    ['/elsewhere/a.jpg', 'outside'],
    ['..%2f..%2fsecret/a.jpg', 'outside'],
    ['/%2e%2e%2fsite-secret/a.jpg', 'outside'],
    ['/..%5c..%2fsecret%2fa.jpg', 'missing'],
  ])('%j is left alone: %s', async (src, skipped) => {
    const expected = skipped === 'missing' ? { error: 'There is no such file.' } : { skipped };
    expect(await resolve(src)).toEqual(expected);
  });

  it.each([
    ['https://cdn.example.com/', 'remote'],
    ['{{ site.base }}', 'templated'],
  ])('is left alone with the base %s', async (base, skipped) => {
    expect(await resolve('own.jpg', base)).toEqual({ skipped });
  });

  it.each([
    ['gone.jpg', 'There is no such file.'],
    ['own.jpg/more.jpg', 'There is no such file.'],
    ['/img/sub', 'This is not a file.'],
    ['/img/loop.jpg', 'ELOOP'],
    ['100%.jpg', 'percent-encoded'],
    ['a%00.jpg', 'percent-encoded'],
    ['http://[', 'not an address'],
    [`/${'x'.repeat(5000)}.jpg`, 'ENAMETOOLONG'],
  ])('%j fails', async (src, complaint) => {
    expect(await resolve(src)).toEqual({ error: expect.stringContaining(complaint) });
  });
});
