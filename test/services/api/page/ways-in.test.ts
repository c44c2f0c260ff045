// How pictures get into the page and out of it again: pasted, by address, dropped with other files, ours, all removed.
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumIsAvailable, openPage } from '../../../support/page/chromium.ts';
import {
  cards,
  dropFiles,
  photo,
  ready,
  useBrowser,
  useService,
} from '../../../support/page/page.ts';
import { readPhoto } from '../../../support/pictures/pictures.ts';
import { soon } from '../../../support/pipeline/pipeline.ts';
import { redisIsAvailable } from '../../../support/redis/redis.ts';
import { useWebServer } from '../../../support/web-server.ts';

const flower = readPhoto('flower.jpg');
const onClipboard = { permissions: ['clipboard-read', 'clipboard-write'] };

describe.skipIf(!redisIsAvailable || !chromiumIsAvailable)('the page', () => {
  const service = useService({ OUTBOUND_ALLOW: 'loopback' });
  const chromium = useBrowser();
  const open = (options = {}) => chromium.open(service.api.address, options);
  const site = useWebServer(({ url }, response) => {
    if (url?.endsWith('.jpg')) response.setHeader('content-type', 'image/jpeg').end(flower);
    else response.writeHead(404).end();
  });

  const names = (page: Page) =>
    page.evaluate<string[]>(`[...document.querySelectorAll('.card')].map((e) => e.ariaLabel)`);
  const captioned = (page: Page, count: number) =>
    expect.poll(() => cards(page, 'succeeded').count(), soon).toBe(count);

  it('captions a picture that is pasted', async () => {
    const page = await open(onClipboard);
    await page.evaluate(`(async () => {
      const canvas = Object.assign(document.createElement('canvas'), { width: 40, height: 30 });
      canvas.getContext('2d').fillRect(5, 5, 20, 10);
      const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
    })()`);
    await page.keyboard.press('ControlOrMeta+V');
    await captioned(page, 1);
    expect(await names(page)).toEqual(['image.png']);
    // Programs may put one there without a name.
    await page.evaluate(`(async () => {
      const clipboardData = new DataTransfer();
      const bytes = await (await fetch('/entrance/example.jpg')).arrayBuffer();
      clipboardData.items.add(new File([bytes], '', { type: 'image/jpeg' }));
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }));
    })()`);
    await captioned(page, 2);
    expect(await names(page)).toEqual(['Pasted picture', 'image.png']);
    expect(page.complaints).toEqual([]);
  });

  it('captions what pasted addresses lead to, unless they are pasted into a field', async () => {
    const page = await open(onClipboard);
    const paste = async (text: string) => {
      await page.evaluate(`navigator.clipboard.writeText(${JSON.stringify(text)})`);
      await page.keyboard.press('ControlOrMeta+V');
    };
    await page.locator('#url').focus();
    await paste(`${site.url}/one.jpg`);
    expect(await page.locator('#url').inputValue()).toBe(`${site.url}/one.jpg`);
    await page.locator('#headline').click();
    await paste('two words');
    expect(await cards(page).count()).toBe(0);
    await paste(`Look: ${site.url}/one.jpg\n${site.url}/two.jpg and ftp://x/three.jpg`);
    await captioned(page, 2);
    expect(await names(page)).toEqual(['one.jpg', 'two.jpg']);
  });

  it('captions what a typed address leads to, and says when it leads to nothing', async () => {
    const page = await open();
    const fetchUrl = async (url: string) => {
      await page.locator('#url').fill(url);
      await page.keyboard.press('Enter');
    };
    await fetchUrl(`${site.url}/50%25%20off%.jpg`);
    await captioned(page, 1);
    expect(await page.locator('#url').inputValue()).toBe('');
    expect(await names(page)).toEqual(['50%25%20off%.jpg']);
    expect(await page.locator('.no-preview').textContent()).toBe(new URL(site.url).host);
    await fetchUrl('flower.jpg');
    const notice = page.locator('#notice:visible');
    await notice.waitFor();
    expect(await notice.textContent()).toBe('An address begins with https:// and names a picture.');
    expect(await page.locator('#url').inputValue()).toBe('flower.jpg');
    expect(await cards(page).count()).toBe(1);
    await fetchUrl(`${site.url}/nothing`);
    await cards(page, 'failed').waitFor();
    expect(await notice.count()).toBe(0);
    const card = page.locator('.card').first();
    expect(await card.locator('.problem').textContent()).toMatch(/answered with status 404/);
    // It may be there later.
    expect(await card.locator('.retry').isVisible()).toBe(true);
    await fetchUrl('http://169.254.169.254/latest');
    await expect.poll(() => cards(page, 'failed').count(), soon).toBe(2);
    expect(await card.locator('.problem').textContent()).toMatch(/leads to an address/);
    expect(await card.locator('.retry').isVisible()).toBe(false);
    expect(await card.locator('.no-preview').textContent()).toBe('169.254.169.254');
  });

  it('leaves out what is no picture, and says so', async () => {
    const page = await open();
    const notice = page.locator('#notice:visible');
    await dropFiles(page, [
      { name: 'notes.txt', type: 'text/plain', bytes: Buffer.from('milk') },
      { name: 'flower.jpg', type: 'image/jpeg', bytes: flower },
      { name: 'song.mp3', type: 'audio/mpeg', bytes: Buffer.from('la') },
    ]);
    await captioned(page, 1);
    expect(await notice.textContent()).toBe(
      'Only pictures can be captioned; 2 files were left out.',
    );
    await dropFiles(page, [{ name: 'notes.txt', type: 'text/plain', bytes: Buffer.from('milk') }]);
    await page.getByText('Only pictures can be captioned; one file was left out.').waitFor();
    expect(await names(page)).toEqual(['flower.jpg']);
    await dropFiles(page, [{ name: 'again.jpg', type: 'image/jpeg', bytes: flower }]);
    await captioned(page, 2);
    expect(await notice.count()).toBe(0);
    await dropFiles(page, []);
    await page.getByText('There was no picture in what was dropped.').waitFor();
  });

  it('captions its own photo when asked', async () => {
    const page = await open();
    await page.route('**/example.jpg', (route) => route.fulfill({ status: 502 }), { times: 1 });
    await page.locator('#example').click();
    await page.getByText('The service answered 502.').waitFor();
    await page.locator('#example').click();
    await captioned(page, 1);
    expect(await names(page)).toEqual(['example.jpg']);
    expect(await page.locator('#notice').isVisible()).toBe(false);
  });

  it('removes all for good, once it is asked twice', async () => {
    const page = await open();
    const clear = page.locator('#clear');
    await page.setInputFiles('#files', photo('cat'));
    await captioned(page, 1);
    expect(await clear.isVisible()).toBe(false);
    await page.setInputFiles('#files', [photo('dog'), photo('coffee')]);
    await captioned(page, 3);
    await clear.click();
    expect(await clear.textContent()).toBe('Remove all for good?');
    await page.locator('#url').focus();
    expect(await clear.textContent()).toBe('Remove all');
    await clear.click();
    expect(await cards(page).count()).toBe(3);
    const removed: string[] = [];
    page.on('response', (response) => {
      if (response.request().method() === 'DELETE') removed.push(response.url());
    });
    await clear.click();
    await expect.poll(() => cards(page).count()).toBe(0);
    expect(await page.evaluate('document.activeElement.id')).toBe('files');
    await expect.poll(() => removed.length, soon).toBe(3);
    for (const url of removed) expect((await fetch(url)).status).toBe(410);
    await page.reload();
    await ready(page);
    expect(await cards(page).count()).toBe(0);
    expect(await clear.isVisible()).toBe(false);
  });

  it('says when a picture takes longer than usual', async () => {
    const page = await openPage(chromium.browser, 'about:blank');
    await page.clock.install();
    await page.goto(service.api.address);
    await ready(page);
    service.model.hold();
    await page.setInputFiles('#files', photo('rocket'));
    await cards(page, 'decoding').waitFor();
    const state = page.locator('.state');
    expect(await state.textContent()).toBe('Finding words');
    await page.clock.fastForward(20_000);
    await page.getByText('Finding words. It takes longer than usual').waitFor();
    service.model.goOn();
    await captioned(page, 1);
    expect(await state.textContent()).toMatch(/^Done in [^.]*(\.\d)? m?s$/);
  });
});
