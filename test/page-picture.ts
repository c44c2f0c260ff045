// Makes the README's picture, the page with a photo captioned by the shipped model:
// node scripts/run.mjs test/page-picture.ts
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { DEFAULT_BUNDLE } from '@caption-queue/captioning/bundle';
import sharp from 'sharp';
import { chromiumIsAvailable, startChromium } from './support/chromium.ts';
import { startStack } from './support/service-stack.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PHOTO = path.join(root, 'test/fixtures/photos/dog.jpg');
const PICTURE = path.join(root, 'docs/images/page.webp');
/** One column; high enough to need no scroll bar. */
const SIZE = { width: 640, height: 820 };

if (!chromiumIsAvailable) process.exit(1);
const stack = await startStack({ model: DEFAULT_BUNDLE });
const browser = await startChromium();
try {
  const page = await browser.open(stack.url);
  await page.until(`document.readyState === 'complete'`);
  await page.screenshot(SIZE);
  await page.chooseFiles('#files', [PHOTO]);
  await page.until(`document.querySelectorAll('.card.done').length === 1`);
  const png = await page.screenshot(SIZE);
  await mkdir(path.dirname(PICTURE), { recursive: true });
  const webp = await sharp(png).webp({ quality: 80 }).toBuffer();
  await writeFile(PICTURE, webp);
  console.log(`${path.relative(root, PICTURE)}: ${Math.round(webp.length / 1024)} kB`);
} finally {
  await browser.close();
  await stack.stop();
}
