// Takes pictures of pages in Chromium.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { findProgram } from '../lib/processes.mjs';
import { Refusal } from '../lib/report.mjs';

/**
 * @param {{ cache: string, fonts: string[] }} options `fonts` are folders with fonts, used beside the system's
 * @throws {Refusal} there is no Chromium
 */
export async function openBrowser({ cache, fonts }) {
  const executablePath = findProgram(
    process.env.CHROMIUM ?? 'chromium',
    'chromium-browser',
    'google-chrome',
  );
  if (!executablePath) {
    throw new Refusal(
      'Chromium is missing: install the package chromium, or name one in CHROMIUM.',
    );
  }
  const configuration = path.join(cache, 'fonts.conf');
  await mkdir(cache, { recursive: true });
  await writeFile(configuration, fontConfiguration(cache, fonts));
  const browser = await chromium.launch({
    executablePath,
    // Ctrl-C ends this process, and with it the browser.
    handleSIGINT: false,
    handleSIGTERM: false,
    args: ['--no-sandbox', '--disable-gpu', '--allow-file-access-from-files', '--hide-scrollbars'],
    env: { ...process.env, FONTCONFIG_FILE: configuration },
  });
  const page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  const file = path.join(cache, `page-${process.pid}.html`);
  return {
    /**
     * @param {import('./pages/windows.mjs').Page} picture
     * @returns {Promise<Buffer | undefined>} PNG, or undefined when the page shows nothing or never gets ready
     */
    async take({ html, width, height, clip }) {
      await writeFile(file, html);
      await page.setViewportSize({ width, height });
      try {
        await page.goto(pathToFileURL(file).href);
        // Charts say when they are drawn; a page without that is ready when loaded.
        await page.waitForFunction('window.drawn !== false');
        if (clip) return await page.locator(clip).first().screenshot();
        return await page.screenshot();
      } catch {
        return undefined;
      }
    },
    async close() {
      await browser.close();
      await rm(file, { force: true });
    },
  };
}

/** @typedef {Awaited<ReturnType<typeof openBrowser>>} Browser */

/** @param {string} cache @param {string[]} folders */
function fontConfiguration(cache, folders) {
  const directories = folders.map((folder) => `<dir>${folder}</dir>`).join('');
  return `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig><include ignore_missing="yes">/etc/fonts/fonts.conf</include>${directories}<cachedir>${cache}/fontconfig</cachedir></fontconfig>`;
}
