// Plots that show photos: whole files that load nothing, with the right photos and words in them.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { attentionOverlay } from '@caption-queue/training/plots/attention-overlay';
import { sample } from '@caption-queue/training/plots/captioned-photo';
import { writeEvaluationPlots } from '@caption-queue/training/plots/evaluation-plots';
import { lit, loadThumbnail } from '@caption-queue/training/plots/thumbnail';
import { describe, expect, it } from 'vitest';

const imageFolder = fileURLToPath(new URL('../../fixtures/photos', import.meta.url));

/** All weight on one cell. */
const lookingAt = (cell: number) =>
  Array.from({ length: 64 }, (_, index) => Number(index === cell));

const photos = [
  {
    file: 'cat.jpg',
    references: ['A brown cat .', 'A cat <looks> & "stares" .'],
    caption: 'a cat',
    words: [
      { text: 'a', logProb: Math.log(0.9), attention: lookingAt(0) },
      { text: 'cat', logProb: Math.log(0.5), attention: lookingAt(63) },
    ],
  },
  {
    file: 'rocket.jpg',
    references: ['A rocket .'],
    caption: 'a dog',
    words: [
      { text: 'a', logProb: Math.log(0.9), attention: lookingAt(0) },
      { text: 'dog', logProb: Math.log(0.2), attention: lookingAt(63) },
    ],
  },
];

describe('plots of an evaluation', () => {
  it('are files that need no other', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'evaluation-'));
    await writeEvaluationPlots({ folder, title: 'Two <photos>', photos, imageFolder });
    const [sheet = '', attention = '', reliability = ''] = await Promise.all(
      ['contact-sheet.html', 'attention.svg', 'reliability.svg'].map((file) =>
        readFile(join(folder, file), 'utf8'),
      ),
    );
    await rm(folder, { recursive: true });
    for (const file of [sheet, attention]) {
      const sources = [...file.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, source]) => source);
      expect(sources.length).toBeGreaterThan(1);
      for (const source of sources) expect(source).toMatch(/^data:image\/jpeg;base64,\/9j\//);
    }
    expect(sheet).toContain('<title>Two &lt;photos&gt;</title>');
    expect(sheet).toContain('A cat &lt;looks&gt; &amp; &quot;stares&quot; .');
    expect(sheet).toContain('<strong>a dog</strong>');
    // 'a' twice at 0.9, cat at 0.5 and dog at 0.2: all but the dog are in a reference.
    expect(reliability).toContain('4 words');
    expect(reliability).toContain(`calibration error ${((0.1 + 0.1 + 0.5 + 0.2) / 4).toFixed(3)}`);
  });

  it('show each word with the photo lit where the model looked', async () => {
    const svg = await attentionOverlay({ photos, imageFolder });
    expect(svg?.match(/<image /g)).toHaveLength(6);
    expect([...(svg ?? '').matchAll(/>(\w+)<\/text>/g)].map(([, word]) => word)).toEqual(
      'a cat a dog'.split(' '),
    );
    const photo = await loadThumbnail(join(imageFolder, 'cat.jpg'), 120);
    // The file is 451 × 300.
    expect(photo.width).toBe(180);
    const bright = await lit(photo, lookingAt(63));
    const ratioAt = (x: number, y: number) => {
      const at = (y * photo.width + x) * 3;
      return (bright.pixels[at] as number) / (photo.pixels[at] as number);
    };
    expect(ratioAt(175, 115)).toBeGreaterThan(0.9);
    expect(ratioAt(5, 5)).toBeLessThan(0.3);
  });

  it('of a decoder without attention have no overlay', async () => {
    const plain = photos.map((photo) => ({
      ...photo,
      words: photo.words.map(({ text, logProb }) => ({ text, logProb })),
    }));
    expect(await attentionOverlay({ photos: plain, imageFolder })).toBeUndefined();
  });

  it('sample the whole split', () => {
    const values = Array.from({ length: 1000 }, (_, index) => index);
    expect(sample(values, 4)).toEqual([0, 250, 500, 750]);
    expect(sample([1, 2], 4)).toEqual([1, 2]);
  });
});
