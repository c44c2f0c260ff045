// Which files of a folder are photos: by what they begin with, whatever they are called.
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findPhotos } from '@caption-queue/cli/find-photos';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../support/folder.ts';
import { readHeic } from '../support/pictures/heif.ts';
import { notPictures, readPhoto } from '../support/pictures/pictures.ts';

const folder = useFolder();
beforeAll(async () => {
  const photo = readPhoto('cat.jpg');
  const tiff = await sharp(photo).resize(40).tiff().toBuffer();
  const files: Record<string, Buffer | string> = {
    'a.JPG': photo,
    'b.mpo': photo,
    'c.jfif': photo,
    'd.HEIC': readHeic('red'),
    'e.Tif': tiff,
    'sub/f': photo,
    'sub/g.dat': tiff,
    'sub/h.php': Buffer.concat([Buffer.from('\ufeff\n'), photo]),
    'i.jpg': '',
    'j.png': '<!doctype html><title>Not found</title>',
    'notes.txt': 'II is not a TIFF',
    'index.html': '<html><body><svg/></body></html>',
    'film.mov': notPictures.HTML ?? '',
    empty: '',
    '._a.JPG': '\0\x05\x16\x07',
    'k.psd': '8BPS\0\x01',
    'l.jxl': Buffer.from([0xff, 0x0a, 0xfa, 0x7f]),
    'm.jxl': Buffer.from([0xff, 0x0a, 0xfa, 0x7f]),
  };
  await mkdir(path.join(folder, 'sub'));
  for (const [name, bytes] of Object.entries(files))
    await writeFile(path.join(folder, name), bytes);
  await symlink('a.JPG', path.join(folder, 'link.jpg'));
});

describe('the photos of a folder', () => {
  it('are those that begin as one, and those that are called one', async () => {
    const { photos } = await findPhotos([folder]);
    expect(photos.map((file) => path.relative(folder, file))).toEqual([
      'a.JPG',
      'b.mpo',
      'c.jfif',
      'd.HEIC',
      'e.Tif',
      'i.jpg',
      'j.png',
      'sub/f',
      'sub/g.dat',
      'sub/h.php',
    ]);
  });

  it('leave out pictures of formats that are not read, and count them', async () => {
    const { leftOut } = await findPhotos([folder]);
    expect([...leftOut]).toEqual([
      ['a Photoshop file (PSD)', 1],
      ['a JPEG XL picture', 2],
    ]);
  });

  it('stand beside files that are named, whatever these are', async () => {
    const named = [path.join(folder, 'notes.txt'), path.join(folder, 'missing.jpg')];
    expect((await findPhotos(named)).photos).toEqual(named);
  });
});
