// Makes the README's pictures, the page with photos captioned by the shipped model:
// node scripts/run.mjs test/page-picture.ts
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_BUNDLE } from '@caption-queue/model/bundle';
import type { BrowserContextOptions, Page } from 'playwright-core';
import sharp from 'sharp';
import { chromiumIsAvailable, openPage, startChromium } from './support/page/chromium.ts';
import { startStack } from './support/processes/service-stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = path.join(root, 'docs/pictures');
const desktop = { viewport: { width: 1280, height: 860 } };
const phone = { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true };
/** Shown in this order; what the model says of each stands as it is. */
const PHOTOS = ['dog', 'cat', 'coffee', 'astronaut', 'flower', 'temple'];

if (!chromiumIsAvailable) process.exit(1);
// Whoever has another bundle may see how it does.
const stack = await startStack({ model: process.env.MODEL ?? DEFAULT_BUNDLE });
const browser = await startChromium();
await mkdir(FOLDER, { recursive: true });
try {
  const close = { ...desktop, deviceScaleFactor: 2, colorScheme: 'light' } as const;
  await picture('attention', close, lookAtNoun);
  await picture('light', { ...desktop, colorScheme: 'light' });
  await picture('dark', { ...desktop, colorScheme: 'dark' });
  await picture('phone', { ...phone, colorScheme: 'light' });
} finally {
  await browser.close();
  await stack.stop();
}

async function picture(
  name: string,
  options: BrowserContextOptions,
  prepare: (page: Page) => Promise<Buffer> = (page) => page.screenshot(),
): Promise<void> {
  const page = await openPage(browser, stack.url, { ...options, reducedMotion: 'reduce' });
  await page.locator('body.ready').waitFor();
  await page.setInputFiles(
    '#files',
    PHOTOS.map((photo) => path.join(root, `test/fixtures/photos/${photo}.jpg`)),
  );
  await page.getByText(`${PHOTOS.length} captioned`).waitFor({ timeout: 60_000 });
  const png = await prepare(page);
  const webp = await sharp(png).webp({ quality: 82 }).toBuffer();
  await writeFile(path.join(FOLDER, `${name}.webp`), webp);
  console.log(`docs/pictures/${name}.webp: ${Math.round(webp.length / 1024)} kB`);
  await page.context().close();
}

/** The first card alone, with where the model looked for its fifth word, which is a noun after a colour or two. */
async function lookAtNoun(page: Page): Promise<Buffer> {
  const card = page.locator('.card').first();
  await card.locator('.word').nth(4).hover();
  return card.screenshot();
}
