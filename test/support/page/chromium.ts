// A real Chromium without windows: the system's own, driven by Playwright.
import { spawnSync } from 'node:child_process';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const NAMES = [process.env.CHROMIUM, 'chromium', 'chromium-browser', 'google-chrome'];

function findExecutable(): string | undefined {
  for (const name of NAMES) {
    if (name === undefined || spawnSync(name, ['--version']).status !== 0) continue;
    const { stdout } = spawnSync('sh', ['-c', 'command -v "$0"', name], { encoding: 'utf8' });
    return stdout.trim() || name;
  }
  return undefined;
}

const executablePath = findExecutable();

/** Says loudly when there is none. */
export const chromiumIsAvailable = executablePath !== undefined;
if (!chromiumIsAvailable) {
  console.warn('SKIPPED: tests of the page in a browser. Install chromium or set CHROMIUM.');
}

export function startChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath ?? 'chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
}

export interface OpenPage extends Page {
  /** What the browser complained about: policy violations, failed loads, uncaught errors. */
  readonly complaints: string[];
}

/** A page with storage of its own. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<OpenPage> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  await page.goto(url);
  return Object.assign(page, { complaints });
}
