// Data sets in the three layouts, whole and damaged in the ways that people's files are.
import { appendFile, cp, mkdir, mkdtemp, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepareCaptions } from '@caption-queue/training/dataset/prepare-captions';
import { readDataset } from '@caption-queue/training/dataset/read-dataset';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tinyDataset, writeCocoDataset, writeCsvDataset } from '../../support/training/datasets.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dataset-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** Writes empty photos and the table. */
async function csv(table: string | Buffer, photos: string[] = ['a.jpg', 'b.jpg', 'c.jpg']) {
  for (const photo of photos) {
    await mkdir(join(folder, photo, '..'), { recursive: true });
    await writeFile(join(folder, photo), '');
  }
  await writeFile(join(folder, 'captions.csv'), table);
}

const rows = (files: string[]) => files.map((file) => `${file},A photo\n`).join('');
const names = (count: number) => Array.from({ length: count }, (_, i) => `photo-${i}.jpg`);

describe('readDataset', () => {
  it('reads the same photos, captions and splits from each layout', async () => {
    const wanted = await readDataset(tinyDataset);
    expect(wanted.train).toHaveLength(5);
    expect(wanted.dev[0]?.captions[0]).toBe('A man in a coat looks through a camera .');

    await writeCsvDataset(join(folder, 'csv'), { splits: true });
    expect(await readDataset(join(folder, 'csv'))).toEqual({
      ...wanted,
      imageFolder: join(folder, 'csv'),
    });

    await writeCocoDataset(join(folder, 'coco'));
    const below = (parent: string, photos: typeof wanted.dev) =>
      photos.map(({ file, captions }) => ({ file: `${parent}/${file}`, captions }));
    expect(await readDataset(join(folder, 'coco'))).toEqual({
      imageFolder: join(folder, 'coco'),
      uncaptioned: [],
      train: below('train2017', wanted.train),
      dev: below('val2017', wanted.dev),
    });
  });

  it('names the layouts when none fits', async () => {
    await expect(readDataset(join(folder, 'nowhere'))).rejects.toThrow(/nowhere is not a folder/);
    await expect(readDataset(folder)).rejects.toThrow(
      /Flickr8k\.token\.txt.*captions_train2017\.json.*captions\.csv/,
    );
  });

  it('keeps a tenth of the photos for dev where there are no splits, the same ones each time', async () => {
    await csv(`file,caption\n${rows(names(50))}`, names(50));
    const first = await readDataset(folder);
    expect([first.train.length, first.dev.length]).toEqual([45, 5]);
    // Another order of lines, and one more photo.
    await csv(`file,caption\n${rows(names(51).reverse())}`, names(51));
    const second = await readDataset(folder);
    const dev = (set: typeof first) => new Set(set.dev.map(({ file }) => file));
    const stayed = [...dev(first)].filter((file) => dev(second).has(file));
    expect(stayed.length).toBeGreaterThanOrEqual(4);
    expect(first.train.some(({ file }) => dev(first).has(file))).toBe(false);
  });
});

describe('a folder with a CSV', () => {
  it('may come from a spreadsheet: byte order mark, CRLF, semicolons, quotes, blank lines', async () => {
    await csv(
      '\ufeffFile;Caption\r\na.jpg;"A dog; it says ""woof"""\r\n\r\nb.jpg;A cat\r\nb.jpg; A second one \r\nc.jpg;"Two\r\nlines"\r\n',
    );
    const { train, dev } = await readDataset(folder);
    const captions = Object.fromEntries([...train, ...dev].map((p) => [p.file, p.captions]));
    expect(captions).toEqual({
      'a.jpg': ['A dog; it says "woof"'],
      'b.jpg': ['A cat', 'A second one'],
      'c.jpg': ['Two\r\nlines'],
    });
  });

  it('finds photos in images/ and in folders that the table names', async () => {
    await csv('file,caption\na.jpg,A\nmore/b.jpg,B\nc.jpg,C\n', [
      'images/a.jpg',
      'images/more/b.jpg',
      'images/c.jpg',
    ]);
    expect((await readDataset(folder)).imageFolder).toBe(join(folder, 'images'));
    await csv('file,caption\nimages/a.jpg,A\nimages/more/b.jpg,B\nimages/c.jpg,C\n', []);
    expect((await readDataset(folder)).imageFolder).toBe(folder);
  });

  it('takes val for dev and leaves test photos alone', async () => {
    await csv('caption,split,file\nA,train,a.jpg\nB,val,b.jpg\nC,test,c.jpg\n');
    const { train, dev, uncaptioned } = await readDataset(folder);
    expect([train, dev].map((photos) => photos.map(({ file }) => file))).toEqual([
      ['a.jpg'],
      ['b.jpg'],
    ]);
    expect(uncaptioned).toEqual([]);
  });

  it('tells of pictures without a caption', async () => {
    await csv('file,caption\na.jpg,A\nb.jpg,B\nc.jpg,C\n', ['a.jpg', 'b.jpg', 'c.jpg', 'd/e.PNG']);
    expect((await readDataset(folder)).uncaptioned).toEqual(['d/e.PNG']);
  });

  it.each([
    ['a.jpg,A\n', "must begin with the line 'file,caption'"],
    ['', "must begin with the line 'file,caption'"],
    ['file,caption\n', 'no line below its header'],
    ['file,caption\na.jpg,A\nb.jpg,\n', 'Line 3 of captions.csv has no caption'],
    ['file,caption\n,A\n', 'Line 2 of captions.csv has no file'],
    ['file,caption\na.jpg,A dog, asleep\n', 'line 2. A caption with a comma'],
    ['file,caption\na.jpg,"A dog\nb.jpg,B\n', 'Quote Not Closed'],
    ['file,caption,split\na.jpg,A,learn\n', "Line 2 of captions.csv has the split 'learn'"],
    ['file,caption,split\na.jpg,A,\n', "has the split ''"],
    ['file,caption,split\na.jpg,A,dev\na.jpg,B,train\n', 'Line 3 of captions.csv puts a.jpg into'],
    ['file,caption,split\na.jpg,A,dev\n', '0 train and 1 dev photos'],
    ['file,caption\na.jpg,A\nb.jpg,B\n', 'has 2 photos; 3 are the fewest'],
    ['file,caption\na.jpg,A\nb.jpg,B\nx.jpg,C\n', '1 of 3 photos are missing in'],
    ['file,caption\n../a.jpg,A\n', '1 of 1 photos have a path that leaves'],
    ['file,caption\nb/../../a.jpg,A\n', '1 of 1 photos have a path that leaves'],
    ['file,caption\n/etc/passwd,A\n', '1 of 1 photos have a path that leaves'],
    [Buffer.from('file,caption\na.jpg,Caf\xe9\n', 'latin1'), 'captions.csv is not UTF-8'],
  ])('is refused with a clear line: %j', async (table, message) => {
    await csv(table);
    await expect(readDataset(folder)).rejects.toThrow(message);
  });

  it('must say which of several tables is meant', async () => {
    await writeFile(join(folder, 'a.csv'), 'file,caption\n');
    await writeFile(join(folder, 'b.csv'), 'file,caption\n');
    await expect(readDataset(folder)).rejects.toThrow(/several CSV files \(a.csv, b.csv\)/);
    await csv(`file,caption\n${rows(names(3))}`, names(3));
    expect((await readDataset(folder)).train).toHaveLength(1);
  });
});

describe("COCO's captions", () => {
  beforeEach(() => writeCocoDataset(folder));
  const train = () => join(folder, 'annotations/captions_train2017.json');
  const replace = (value: object) => writeFile(train(), JSON.stringify(value));

  it('may lie beside the photos, without dev captions', async () => {
    await rename(train(), join(folder, 'captions_train.json'));
    await rename(join(folder, 'train2017'), join(folder, 'images'));
    await rm(join(folder, 'annotations'), { recursive: true });
    const { train: kept, dev } = await readDataset(folder);
    expect([kept.length, dev.length]).toEqual([3, 2]);
    expect(kept[0]?.file).toMatch(/^images\//);
  });

  it('are refused with a clear line when something is wrong', async () => {
    const image = { id: 1, file_name: 'cat.jpg' };
    const caption = { image_id: 1, caption: 'A cat' };
    await truncate(train(), 200);
    await expect(readDataset(folder)).rejects.toThrow(/captions_train2017\.json is not JSON/);
    await replace({ images: [image] });
    await expect(readDataset(folder)).rejects.toThrow(/must have required properties annotations/);
    await replace({ images: [image, image], annotations: [caption] });
    await expect(readDataset(folder)).rejects.toThrow('two images with the id 1');
    await replace({
      images: [image, { ...image, id: 2 }],
      annotations: [caption, { ...caption, image_id: 2 }],
    });
    await expect(readDataset(folder)).rejects.toThrow(
      '1 of 4 photos are named twice: train2017/cat.jpg',
    );
    await replace({ images: [image], annotations: [caption, { image_id: 7, caption: 'A dog' }] });
    await expect(readDataset(folder)).rejects.toThrow('a caption for image 7');
    await replace({ images: [image, { id: 2, file_name: 'rocket.jpg' }], annotations: [caption] });
    await expect(readDataset(folder)).rejects.toThrow(
      '1 of 4 photos have no caption: train2017/rocket.jpg',
    );
    await replace({ images: [{ ...image, file_name: '../../cat.jpg' }], annotations: [caption] });
    await expect(readDataset(folder)).rejects.toThrow('have a path that leaves');
    await cp(train(), join(folder, 'captions_train2014.json'));
    await expect(readDataset(folder)).rejects.toThrow('several captions_train');
  });

  it('need their photos', async () => {
    await rm(join(folder, 'train2017/cat.jpg'));
    await expect(readDataset(folder)).rejects.toThrow('1 of 7 photos are missing in');
    await rm(join(folder, 'train2017'), { recursive: true });
    await expect(readDataset(folder)).rejects.toThrow(/must be in train2017 or images\/train2017/);
    await rm(train());
    await expect(readDataset(folder)).rejects.toThrow('but no captions_train');
  });
});

describe("Flickr8k's layout", () => {
  beforeEach(() => cp(tinyDataset, folder, { recursive: true }));
  const path = (file: string) => join(folder, file);

  it('is refused with a clear line when something is wrong', async () => {
    await appendFile(path('Flickr_8k.devImages.txt'), 'cat.jpg\n');
    await expect(readDataset(folder)).rejects.toThrow('1 of 8 photos are named twice: cat.jpg');
    await writeFile(path('Flickr_8k.devImages.txt'), 'flower.jpg\ndog.jpg\n');
    await expect(readDataset(folder)).rejects.toThrow('1 of 7 photos have no caption: dog.jpg');
    await writeFile(path('Flickr_8k.devImages.txt'), '\n');
    await expect(readDataset(folder)).rejects.toThrow('Flickr_8k.devImages.txt in');
    await rm(path('Flickr_8k.devImages.txt'));
    await expect(readDataset(folder)).rejects.toThrow('lacks Flickr_8k.devImages.txt');
  });

  it('needs its photos', async () => {
    await rm(path('images/cat.jpg'));
    await expect(readDataset(folder)).rejects.toThrow('1 of 7 photos are missing in');
    await rm(path('images'), { recursive: true });
    await expect(readDataset(folder)).rejects.toThrow('no folder images or Flicker8k_Dataset');
  });
});

describe('the vocabulary of a small data set', () => {
  const dataset = (captions: number) => ({
    imageFolder: '',
    uncaptioned: [],
    train: Array.from({ length: captions }, (_, i) => ({
      file: `${i}`,
      captions: [`a word${Math.floor(i / 2)}`],
    })),
    dev: [],
  });

  it('has every word; a large one needs words to come again', () => {
    const countOf = (captions: number) =>
      prepareCaptions(dataset(captions), { maximumWords: 20 }).counts.minimumCount;
    expect([250, 1500, 2999, 3000, 30_000].map(countOf)).toEqual([1, 2, 3, 4, 4]);
    const { vocabulary } = prepareCaptions(dataset(250), { maximumWords: 20 });
    expect(vocabulary.size).toBe(4 + 1 + 125);
  });

  it('cannot be made of nothing', () => {
    const empty = { ...dataset(0), train: [{ file: 'a', captions: ['...'] }] };
    expect(() => prepareCaptions(empty, { maximumWords: 20 })).toThrow('No training caption');
  });
});
