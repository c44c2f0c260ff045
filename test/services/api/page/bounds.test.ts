// What must hold of the whole page: its policy, its weight, who can use it, how wide it is, and how much it can carry.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumIsAvailable, openPage } from '../../../support/page/chromium.ts';
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

/** Of the first load, over the wire. */
const MOST_BYTES = 150_000;
/** A page that shows nothing new for so long hangs. How smooth it is depends on what else the machine does: it is printed. */
const HANGING_MS = 2_000;
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

describe.skipIf(!redisIsAvailable)('the page', () => {
  const service = useService({ OUTBOUND_ALLOW: 'loopback' });

  it('comes under a policy that runs only its own files, and is not sent twice', async () => {
    const response = await fetch(`${service.api.address}/`);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const html = await response.text();
    expect(html).not.toMatch(/\sstyle=|\son\w+=|<script>|https?:\/\/[^…]/);
    for (const [, file] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      expect((await fetch(`${service.api.address}${file}`)).status, file).toBe(200);
    }
    const etag = response.headers.get('etag') ?? '';
    const again = await fetch(`${service.api.address}/`, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
  });

  describe.skipIf(!chromiumIsAvailable)('in a browser', () => {
    const chromium = useBrowser();
    const { open } = chromium;

    const violations = async (page: Page) => {
      await page.evaluate(axe);
      const { violations } = await page.evaluate<AxeResults>('axe.run()');
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
    };

    it('loads within 150 kB, from nowhere else, without a complaint', async () => {
      const page = await openPage(chromium.browser, 'about:blank');
      const session = await page.context().newCDPSession(page);
      await session.send('Network.enable');
      let bytes = 0;
      session.on('Network.loadingFinished', ({ encodedDataLength }) => {
        bytes += encodedDataLength;
      });
      const hosts = new Set<string>();
      page.on('request', (request) => hosts.add(new URL(request.url()).host));
      await page.goto(service.api.address, { waitUntil: 'networkidle' });
      await ready(page);
      console.log(`first load: ${Math.round(bytes / 1000)} kB`);
      expect(bytes).toBeGreaterThan(20_000);
      expect(bytes).toBeLessThan(MOST_BYTES);
      expect([...hosts]).toEqual([new URL(service.api.address).host]);
      expect(page.complaints).toEqual([]);
    });

    it.each(['light', 'dark'] as const)(
      'has no flaw that axe knows of, %s',
      async (colorScheme) => {
        const options: BrowserContextOptions = { colorScheme, reducedMotion: 'reduce' };
        const page = await open(service.api.address, options);
        expect(await violations(page)).toEqual([]);
        await page.setInputFiles('#files', [photo('cat'), photo('dog')]);
        await page.setInputFiles('#files', {
          name: 'torn.jpg',
          mimeType: 'image/jpeg',
          buffer: Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
        });
        await expect.poll(() => cards(page, 'succeeded').count(), soon).toBe(2);
        await cards(page, 'failed').waitFor();
        await page.locator('.others summary:visible').first().click();
        expect(await violations(page)).toEqual([]);
        for (const [view, drawn] of [
          ['webhooks', '.hooks li'],
          ['service', '.tile'],
        ] as const) {
          await page.goto(`${service.api.address}/#${view}`);
          await page.locator(drawn).first().waitFor();
          expect(await violations(page), view).toEqual([]);
        }
        expect(page.complaints.filter((text) => /policy/i.test(text))).toEqual([]);
      },
    );

    it('fits a phone of 360 pixels, in every view', async () => {
      const viewport = { width: 360, height: 740 };
      const page = await open(service.api.address, { viewport, hasTouch: true });
      const width = () => page.evaluate<number>('document.documentElement.scrollWidth');
      expect(await width()).toBe(360);
      await page.setInputFiles('#files', [photo('temple'), photo('astronaut')]);
      await expect.poll(() => cards(page, 'succeeded').count(), soon).toBe(2);
      expect(await width()).toBe(360);
      await page.locator('.word').nth(2).tap();
      expect(await page.locator('.scrub output').first().textContent()).toBe('dog');
      for (const [view, drawn] of [
        ['webhooks', '.hooks li'],
        ['service', '.tile'],
      ] as const) {
        await page.goto(`${service.api.address}/#${view}`);
        await page.locator(drawn).first().waitFor();
        expect(await width(), view).toBe(360);
      }
    });

    it('stays responsive with 200 pictures', { timeout: 120_000 }, async () => {
      const page = await open(service.api.address);
      // The times between two frames while cards change and are scrolled through.
      await page.evaluate(`{
        globalThis.frames = [];
        let last = performance.now();
        requestAnimationFrame(function next(now) {
          frames.push(now - last);
          last = now;
          requestAnimationFrame(next);
        });
      }`);
      await dropPhotos(page, 8, 25);
      await expect.poll(() => cards(page).count(), soon).toBe(200);
      await page.evaluate('void (frames.length = 0)');
      for (let i = 0; i < 10; i += 1) await page.mouse.wheel(0, 2_000);
      await expect
        .poll(() => cards(page, 'succeeded').count(), { timeout: 90_000 })
        .toBeGreaterThan(100);
      const frames = await page.evaluate<number[]>('frames.sort((a, b) => a - b)');
      const [most = Infinity, longest = Infinity] = [0.95, 1].map(
        (share) => frames[Math.ceil(share * frames.length) - 1],
      );
      console.log(
        `200 cards: 95 % of ${frames.length} frames within ${Math.round(most)} ms, the longest ${Math.round(longest)} ms`,
      );
      expect(most).toBeLessThan(HANGING_MS);
      expect(page.complaints).toEqual([]);
    });
  });
});
