// The page in a real browser: drop pictures, watch words, get captions, read errors, come back. The model is made up.
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { useFolder } from '../../../support/folder.ts';
import { chromiumIsAvailable } from '../../../support/page/chromium.ts';
import {
  cards,
  dropPhotos,
  photo,
  ready,
  useBrowser,
  useService,
} from '../../../support/page/page.ts';
import { soon } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';

const SENTENCE = 'a <b>bold</b> dog runs';

describe.skipIf(!redisIsAvailable || !chromiumIsAvailable)('the page', () => {
  const service = useService();
  const { model } = service;
  const chromium = useBrowser();
  const open = () => chromium.open(service.api.address);
  const folder = useFolder();

  it('captions ten dropped photos, each word after the one before', async () => {
    const page = await open();
    // Notes every text that a caption ever shows.
    await page.evaluate(`{
      globalThis.seen = new Map();
      new MutationObserver(() => {
        for (const caption of document.querySelectorAll('.caption')) {
          const texts = seen.get(caption) ?? [];
          const text = [...caption.querySelectorAll('.word')].map((w) => w.textContent).join(' ');
          if (text !== texts.at(-1)) seen.set(caption, [...texts, text]);
        }
      }).observe(document.querySelector('#cards'), { subtree: true, childList: true, characterData: true });
    }`);
    await dropPhotos(page, 10);
    await expect.poll(() => cards(page, 'succeeded').count(), soon).toBe(10);
    const captions = await page.locator('.caption').allTextContents();
    expect(captions).toEqual(Array.from({ length: 10 }, () => SENTENCE));
    const seen = await page.evaluate<string[][]>(`[...seen.values()]`);
    expect(seen).toHaveLength(10);
    for (const texts of seen) {
      for (const [i, text] of texts.entries()) expect(text).toMatch(texts[i - 1] ?? '');
      expect(texts.at(-1)).toBe(SENTENCE);
    }
    expect(await page.locator('.card').first().getAttribute('aria-label')).toBe('photo-0.jpg');
    expect(await page.locator('#tally').textContent()).toBe('10 captioned');
    expect(page.complaints).toEqual([]);
  });

  it('shows words and, fainter, the draft while it works; nothing a model says is markup', async () => {
    model.hold();
    const page = await open();
    await page.setInputFiles('#files', photo('cat'));
    await expect
      .poll(() => page.locator('.caption').textContent(), soon)
      .toBe('a <b>bold</b> fox sits');
    expect(await page.locator('.caption .draft').textContent()).toBe(' fox sits');
    expect(await page.locator('.state').textContent()).toBe('Finding words');
    model.goOn();
    await cards(page, 'succeeded').waitFor();
    expect(await page.locator('.caption').textContent()).toBe(SENTENCE);
    expect(await page.locator('.caption b').count()).toBe(0);
    await page.locator('.others summary').click();
    expect(await page.locator('.others li').textContent()).toBe('a dog');
    expect(await page.locator('.others .bar').getAttribute('aria-label')).toBe('50 % as likely');
    expect(page.complaints).toEqual([]);
  });

  it('goes on after a reload, with what was done and what was not', async () => {
    const page = await open();
    await page.setInputFiles('#files', photo('coffee'));
    await cards(page, 'succeeded').waitFor();
    model.hold();
    await page.setInputFiles('#files', photo('temple'));
    await cards(page, 'decoding').waitFor();
    const kept = `import('/pictures/history.js').then(({ load }) => load())
      .then((all) => all.length === 2 && all.every(({ thumbnail }) => thumbnail))`;
    await expect.poll(() => page.evaluate(kept), soon).toBe(true);
    await page.reload();
    await ready(page);
    const shown = `[...document.querySelectorAll('.preview')].map((e) => e.naturalWidth > 0)`;
    await expect.poll(() => page.evaluate(shown), soon).toEqual([true, true]);
    const names = `[...document.querySelectorAll('.card')].map((e) => e.ariaLabel)`;
    expect(await page.evaluate(names)).toEqual(['temple.jpg', 'coffee.jpg']);
    expect(await page.locator('.caption').last().textContent()).toBe(SENTENCE);
    await cards(page, 'decoding').waitFor();
    model.goOn();
    await expect.poll(() => cards(page, 'succeeded').count(), soon).toBe(2);
    const removed = page.waitForResponse((response) => response.request().method() === 'DELETE');
    await page.locator('.remove').first().click();
    expect((await removed).status()).toBe(204);
    await page.reload();
    await ready(page);
    expect(await cards(page).count()).toBe(1);
  });

  it('cancels, and does it again when asked', async () => {
    model.hold();
    const page = await open();
    await page.setInputFiles('#files', photo('flower'));
    await cards(page, 'decoding').waitFor();
    await page.locator('.cancel').click();
    await cards(page, 'canceled').waitFor();
    model.goOn();
    await page.locator('.retry').click();
    await cards(page, 'succeeded').waitFor();
    expect(await page.locator('.caption').textContent()).toBe(SENTENCE);
  });

  it('says what is wrong with a file, in the service’s words, and captions the others', async () => {
    const damaged = path.join(folder, 'damaged.jpg');
    writeFileSync(damaged, Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0]));
    const page = await open();
    await page.setInputFiles('#files', [photo('coffee'), damaged, photo('temple')]);
    await expect.poll(() => cards(page, 'succeeded').count(), soon).toBe(2);
    await cards(page, 'failed').waitFor();
    expect(await page.locator('.problem:visible').textContent()).toMatch(/damaged or cut off/);
    expect(await page.locator('.retry:visible').count()).toBe(0);
  });

  it('counts down while the queue is away, and carries on by itself', async () => {
    const page = await open();
    await service.redis.pause();
    try {
      await page.setInputFiles('#files', photo('rocket'));
      await cards(page, 'held').waitFor();
      expect(await page.locator('.state').textContent()).toMatch(/Trying again in \d+ s$/);
    } finally {
      await service.redis.resume();
    }
    await cards(page, 'succeeded').waitFor();
  });

  it('can be used by keyboard alone, and shows where the model looked', async () => {
    const page = await open();
    await page.setInputFiles('#files', photo('astronaut'));
    await cards(page, 'succeeded').waitFor();
    await page.locator('#url').focus();
    const reached: string[] = [];
    for (let i = 0; i < 12; i += 1) {
      await page.keyboard.press('Tab');
      const name = `(({ className, ariaLabel, type, localName }) => type === 'range' ? ariaLabel : className || localName)(document.activeElement)`;
      reached.push(await page.evaluate<string>(name));
      if (reached.at(-1)?.startsWith('Where')) {
        expect(await page.locator('.scrub output').textContent()).toBe('a');
        await page.keyboard.press('ArrowRight');
        expect(await page.locator('.looked').textContent()).toBe('<b>bold</b>');
        const said = await page.locator('.scrub input').getAttribute('aria-valuetext');
        expect(said).toBe('<b>bold</b>: top left');
        expect(await page.locator('.frame.looking').count()).toBe(1);
      }
    }
    for (const stop of [
      'Where the model looked, word by word',
      'summary',
      'copy-caption',
      'copy-curl',
      'remove link',
    ]) {
      expect(reached).toContain(stop);
    }
    expect(await page.locator('.frame.looking').count()).toBe(0);
    await page.locator('.remove').focus();
    await page.keyboard.press('Enter');
    await expect.poll(() => cards(page).count()).toBe(0);
    expect(await page.evaluate('document.activeElement.id')).toBe('files');
  });
});
