// The page as a test uses it: a service with a made-up model that can be held back, a browser, photos, cards.
import path from 'node:path';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { useApi } from '../api/use-api.ts';
import { variedPhotos } from '../pictures/varied-photos.ts';
import { createWorkerSide, type Generate, type WorkerSide } from '../pipeline/pipeline.ts';
import { useRedis } from '../redis/use-redis.ts';
import { repository } from '../repository.ts';
import { type OpenPage, openPage, startChromium } from './chromium.ts';

export const photo = (name: string) => path.join(repository, 'test/fixtures/photos', `${name}.jpg`);

const SENTENCE = ['a', '<b>bold</b>', 'dog', 'runs'];
/** Of a word: the model looked at one cell of its 8 × 8 grid. */
const lookAt = (cell: number) => Array.from({ length: 64 }, (_, i) => (i === cell ? 1 : 0));

interface HeldModel {
  readonly generate: Generate;
  /** The next captions stop after their second word … */
  hold(): void;
  /** … until this. */
  goOn(): void;
}

/** Says the same of every picture, with a draft, and with attention for each word. */
function createHeldModel(): HeldModel {
  let gate = Promise.resolve();
  let open = () => {};
  return {
    hold() {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    goOn: () => open(),
    async generate({ signal, onEvent }) {
      for (const [index, text] of SENTENCE.entries()) {
        signal.throwIfAborted();
        onEvent({ type: 'word', index, text, logProb: -0.1, attention: lookAt(index * 9) });
        if (index !== 1) continue;
        onEvent({ type: 'draft', caption: 'a <b>bold</b> fox sits' });
        await Promise.race([gate, aborted(signal)]);
      }
      return {
        words: SENTENCE.map((text) => ({ text, logProb: -0.1 })),
        alternatives: [
          { caption: SENTENCE.join(' '), logProb: -1 },
          { caption: 'a dog', logProb: -1 - Math.LN2 },
        ],
      };
    },
  };
}

/** Redis, the API and both workers while a `describe` runs. @param env as in the API's environment */
export function useService(env: Record<string, string> = {}) {
  const model = createHeldModel();
  const redis = useRedis();
  const api = useApi(redis, { env });
  let workers: WorkerSide;
  beforeAll(async () => {
    const { prefix } = api.queueSide;
    workers = createWorkerSide({ url: redis.url, prefix, generate: model.generate });
  });
  afterEach(() => model.goOn());
  afterAll(async () => {
    await workers?.stop();
  });
  return { model, redis, api };
}

/** A browser while a `describe` runs; its pages are closed after each test. */
export function useBrowser() {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterEach(async () => {
    await Promise.all(browser.contexts().map((context) => context.close()));
  });
  afterAll(() => browser?.close());
  return {
    get browser() {
      return browser;
    },
    /** Opens the page and waits until it takes pictures. */
    async open(url: string, options?: BrowserContextOptions): Promise<OpenPage> {
      const page = await openPage(browser, url, options);
      await ready(page);
      return page;
    },
  };
}

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

/** Drops files onto the page, as from a folder. */
export async function dropFiles(
  page: Page,
  files: { name: string; type: string; bytes: Uint8Array }[],
): Promise<void> {
  const encoded = files.map(({ bytes, ...file }) => ({
    ...file,
    base64: Buffer.from(bytes).toString('base64'),
  }));
  await page.evaluate(`{
    const dataTransfer = new DataTransfer();
    for (const { name, type, base64 } of ${JSON.stringify(encoded)}) {
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      dataTransfer.items.add(new File([bytes], name, { type }));
    }
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true }));
  }`);
}

/** Drops different photos. @param times each of them, under names of its own */
export async function dropPhotos(page: Page, count: number, times = 1): Promise<void> {
  const photos = await variedPhotos(count);
  const files = Array.from({ length: count * times }, (_, i) => ({
    name: `photo-${i}.jpg`,
    type: 'image/jpeg',
    bytes: photos[i % count] as Uint8Array,
  }));
  await dropFiles(page, files);
}

/** Waits until the page has read its history and takes pictures. */
export const ready = (page: Page) => page.locator('body.ready').waitFor();

/** Cards in a state. */
export const cards = (page: Page, status?: string): Locator =>
  page.locator(status === undefined ? '.card' : `.card[data-status="${status}"]`);
