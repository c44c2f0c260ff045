// What people and programs read of a run over HTML pages.
import { jsonLines } from '@caption-queue/cli/html/json-report';
import { summary, tableHead, tableRows } from '@caption-queue/cli/html/text-report';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSite, fillSite } from '../../support/cli/site.ts';

let site: Awaited<ReturnType<typeof createSite>>;
beforeAll(async () => {
  const pictures = ['dog', 'cat', 'unsure', 'damaged', 'zebra'].map((name) => [`${name}.jpg`, 'x']);
  site = await createSite({
    ...Object.fromEntries(pictures),
    'a.html': '<html lang=en>\n<img src=dog.jpg>\n<a href=/><img src="cat.jpg?\x1b[2J"></a>',
    'b.html': '<html lang=de><img src=dog.jpg><img src=unsure.jpg><img src=damaged.jpg>',
    'c.html': '<img src=dog.jpg><img src=data:x><img src=//x/y><img src=//x/z><img alt=x><img alt>',
    'd.html': Buffer.from('\ufeff', 'utf16le'),
  });
});
afterAll(() => site.remove());

describe('the report', () => {
  it('is a table of the texts', async () => {
    const pages = await fillSite(site.folder);
    const rows = [tableHead(), ...pages.flatMap(tableRows)].map((row) => row.split(/ {2,}/));
    expect(rows).toEqual([
      ['FILE:LINE', 'IMAGE', 'ALT TEXT', 'CONFIDENCE'],
      ['a.html:2', 'dog.jpg', 'a dog', '0.90'],
      ['a.html:3', 'cat.jpg?\ufffd[2J', 'a cat', '0.90'],
      ['b.html:1', 'dog.jpg', 'a dog', '0.90'],
      ['c.html:1', 'dog.jpg', 'a dog', '0.90'],
    ]);
  });

  it('gives no confidence for what is not the caption, as that is another chance', async () => {
    const captionPhoto = async () => ({
      caption: 'a horse',
      confidence: 0.3,
      alt_text: 'a zebra',
      kind: 'photo' as const,
    });
    const [page] = await fillSite(site.folder, { captionPhoto });
    expect(tableRows(page as NonNullable<typeof page>)[0]).toMatch(/a zebra +–$/);
  });

  it('says what was left out, what failed and what to look at', async () => {
    const pages = await fillSite(site.folder);
    expect(summary(pages, { write: false }).join('\n')).toBe(`
Left as they are, since nothing is sure enough; the captions were (1):
  b.html:1  unsure.jpg: "a unsure" (0.20)

Failed (2):
  b.html:1  damaged.jpg: The picture is damaged.
  d.html: This page is UTF-16, which is not supported; save it as UTF-8.

Skipped (3):
  1 inside the page (data:)
  2 on another server

Look at each that is all that a link has: its alt should say where the link leads (1):
  a.html:3  cat.jpg?\ufffd[2J

Look at each that stands in text of another language: these texts are English (1):
  b.html:1  dog.jpg (de)

1 page of no declared language: the texts are English.

1 image had an alt text, 1 an empty one (decoration).
Would write 4 alt texts in 3 pages of 4. Nothing was changed: --write writes them.`);
  });

  it('counts what was written', async () => {
    const copy = await createSite({ 'dog.jpg': 'x', 'a.html': '<img src=dog.jpg>', 'b.html': '' });
    const pages = await fillSite(copy.folder, { write: true });
    await copy.remove();
    expect(summary(pages, { write: true }).at(-1)).toBe('Wrote 1 alt text in 1 page of 2.');
  });

  it('lists what is no photo by its kind, writes nothing there, and calls what is blank decoration', async () => {
    const shown = ['screenshot', 'chart', 'screenshot', 'blank', 'dog'];
    const page = shown.map((name) => `<img src=${name}.jpg>`).join('\n');
    const files = Object.fromEntries(shown.map((name) => [`${name}.jpg`, 'x']));
    const copy = await createSite({ ...files, 'a.html': page });
    const pages = await fillSite(copy.folder, { write: true });
    const written = (await copy.read('a.html')).toString();
    await copy.remove();
    expect(written).toBe(page.replace('dog.jpg', 'dog.jpg alt="a dog"'));
    const text = summary(pages, { write: true }).join('\n');
    expect(text).toContain(`
Screenshots, left as they are: describe them yourself (2):
  a.html:1  screenshot.jpg
  a.html:3  screenshot.jpg

Charts and maps, left as they are: describe them yourself (1):
  a.html:2  chart.jpg

Nothing to see in them, probably decoration: alt="" would say so (1):
  a.html:4  blank.jpg
`);
    expect(text).not.toContain('a screenshot');
    const [line = ''] = pages.flatMap(jsonLines);
    expect(JSON.parse(line)).toEqual({
      file: 'a.html',
      line: 1,
      src: 'screenshot.jpg',
      kind: 'screenshot',
      alt_text: null,
      written: false,
    });
  });

  it('is an object a line for programs', async () => {
    const pages = await fillSite(site.folder);
    const lines = pages.flatMap(jsonLines).map((line) => JSON.parse(line));
    expect(lines).toHaveLength(10);
    expect(lines[1]).toEqual({
      file: 'a.html',
      line: 3,
      src: 'cat.jpg?\x1b[2J',
      kind: 'photo',
      caption: 'a cat',
      confidence: 0.9,
      alt_text: 'a cat',
      written: false,
      warnings: ['only_content_of_link'],
    });
    expect(lines[3]).toMatchObject({ src: 'unsure.jpg', alt_text: null, warnings: [] });
    expect(lines[4]).toMatchObject({ src: 'damaged.jpg', error: 'The picture is damaged.' });
    expect(lines[6]).toEqual({ file: 'c.html', line: 1, src: 'data:x', skipped: 'data' });
    expect(lines.at(-1)).toEqual({ file: 'd.html', error: expect.stringContaining('UTF-16') });
  });
});
