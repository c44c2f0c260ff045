// A picture of a page that is all there, for the documents.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { openPage, startChromium } from './chromium.ts';

/** @param file WebP @param viewport the page may be longer */
export async function photographPage(
  html: string,
  file: string,
  viewport: { width: number; height: number },
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'page-'));
  const browser = await startChromium();
  try {
    const source = path.join(folder, 'page.html');
    await writeFile(source, html);
    const page = await openPage(browser, pathToFileURL(source).href, { viewport });
    const webp = await sharp(await page.screenshot({ fullPage: true })).webp({ quality: 80 });
    const { size } = await webp.toFile(file);
    console.log(`${path.basename(file)}: ${Math.round(size / 1024)} kB`);
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}
