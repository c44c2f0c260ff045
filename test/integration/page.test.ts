// The page in a real browser: choose pictures, watch words, get captions, read errors. Workers have a made-up model.
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startApi, type TestApi } from '../support/api.ts';
import { type Browser, chromiumIsAvailable, startChromium } from '../support/chromium.ts';
import { createWorkerSide, type WorkerSide } from '../support/pipeline.ts';
import { type RedisServer, redisIsAvailable, startRedis } from '../support/redis.ts';

const photo = (name: string) =>
  fileURLToPath(new URL(`../fixtures/photos/${name}`, import.meta.url));

const sentence = ['a', '<b>bold</b>', 'dog', 'runs'];
const text = (selector: string) => `document.querySelector('${selector}').textContent.trim()`;

describe.skipIf(!redisIsAvailable)('the page', () => {
  let redis: RedisServer;
  let api: TestApi;
  let workers: WorkerSide;
  let goOn: () => void;
  let mayGoOn: Promise<void>;

  beforeAll(async () => {
    redis = await startRedis();
    api = await startApi({ redisUrl: redis.url });
    mayGoOn = new Promise((resolve) => {
      goOn = resolve;
    });
    workers = createWorkerSide({
      url: redis.url,
      prefix: api.queueSide.prefix,
      async generate({ onEvent }) {
        for (const [index, word] of sentence.entries()) {
          onEvent({ type: 'word', index, text: word, logProb: -0.1 });
          // The first picture stops half-way, until the test has seen it.
          if (index === 1) await mayGoOn;
        }
        return {
          words: sentence.map((word) => ({ text: word, logProb: -0.1 })),
          alternatives: [
            { caption: sentence.join(' '), logProb: -1 },
            { caption: 'a dog', logProb: -1 - Math.LN2 },
          ],
        };
      },
    });
  });
  afterAll(async () => {
    await workers?.stop();
    await api?.close();
    await redis?.stop();
  });

  it('comes under a policy that runs only its own files, and is not sent twice', async () => {
    const response = await fetch(`${api.address}/`);
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const html = await response.text();
    expect(html).not.toMatch(/\sstyle=|\son\w+=|<script>|https?:\/\//);
    for (const [, file] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      expect((await fetch(`${api.address}${file}`)).status, file).toBe(200);
    }
    const etag = response.headers.get('etag') ?? '';
    const again = await fetch(`${api.address}/`, { headers: { 'if-none-match': etag } });
    expect(again.status).toBe(304);
  });

  describe.skipIf(!chromiumIsAvailable)('in a browser', () => {
    let browser: Browser;
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(path.join(tmpdir(), 'caption-queue-page-'));
      browser = await startChromium();
    });
    afterAll(async () => {
      await browser?.close();
      await rm(folder, { recursive: true, force: true });
    });

    it('shows words as they come, then the caption and its alternatives', async () => {
      const page = await browser.open(api.address);
      await page.until(`document.readyState === 'complete'`);
      await page.chooseFiles('#files', [photo('cat.jpg')]);
      await page.until(`${text('.caption')} === 'a <b>bold</b>'`);
      expect(await page.evaluate(text('.state'))).toBe('Finding words');
      expect(await page.evaluate(`document.querySelector('.caption').ariaBusy`)).toBe('true');
      goOn();
      await page.until(`${text('.caption')} === 'a <b>bold</b> dog runs'`);
      await page.until(`document.querySelector('.caption').ariaBusy === 'false'`);
      expect(await page.evaluate(`document.querySelectorAll('.caption b').length`)).toBe(0);
      expect(await page.evaluate(text('.others li'))).toBe('a dog');
      expect(await page.evaluate(`document.querySelector('.others .bar').ariaLabel`)).toBe(
        '50 % as likely',
      );
      expect(await page.evaluate(text('.state'))).toMatch(/^In \d/);
      expect(page.complaints).toEqual([]);
    });

    it('says what is wrong with a file, in the service’s words, and captions the others', async () => {
      goOn();
      const damaged = path.join(folder, 'damaged.jpg');
      writeFileSync(damaged, Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 0]));
      const page = await browser.open(api.address);
      await page.until(`document.readyState === 'complete'`);
      await page.chooseFiles('#files', [photo('coffee.jpg'), damaged, photo('temple.jpg')]);
      await page.until(`document.querySelectorAll('.card.done').length === 2`);
      await page.until(`document.querySelectorAll('.card.failed').length === 1`);
      expect(await page.evaluate(text('.failed .problem'))).toMatch(/damaged or cut off/);
      expect(await page.evaluate(`document.querySelector('.failed .retry').hidden`)).toBe(true);
    });

    it('fits a narrow screen and can be used by keyboard', async () => {
      goOn();
      const page = await browser.open(api.address);
      await page.until(`document.readyState === 'complete'`);
      await page.chooseFiles('#files', [photo('flower.jpg')]);
      await page.until(`document.querySelectorAll('.card.done').length === 1`);
      const picture = await page.screenshot({ width: 360, height: 740 });
      expect(picture.length).toBeGreaterThan(1000);
      expect(await page.evaluate(`document.documentElement.scrollWidth`)).toBe(360);
      const reachable = `[...document.querySelectorAll('a, input, summary, button')]
        .filter((element) => element.checkVisibility())
        .every((element) => { element.focus(); return document.activeElement === element; })`;
      expect(await page.evaluate(reachable)).toBe(true);
    });

    it('retries while the queue is down, and removes a card without trace', async () => {
      const page = await browser.open(api.address);
      await page.until(`document.readyState === 'complete'`);
      await redis.pause();
      try {
        await page.chooseFiles('#files', [photo('rocket.jpg')]);
        await page.until(`/trying again in 5 s/.test(${text('.state')})`);
      } finally {
        await redis.resume();
      }
      await page.evaluate(`document.querySelector('.remove').click()`);
      await delay(0);
      expect(await page.evaluate(`document.querySelectorAll('.card').length`)).toBe(0);
      expect(await page.evaluate(`document.body.className`)).toBe('');
    });
  });
});
