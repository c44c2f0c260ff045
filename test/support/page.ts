// The page as a test uses it: photos to drop, a made-up model that can be held back, and what a card says.
import { fileURLToPath } from 'node:url';
import type { Locator, Page } from 'playwright-core';
import type { Generate } from './pipeline.ts';
import { variedPhotos } from './varied-photos.ts';

const PHOTOS = fileURLToPath(new URL('../fixtures/photos/', import.meta.url));
export const photo = (name: string) => `${PHOTOS}${name}.jpg`;

const SENTENCE = ['a', '<b>bold</b>', 'dog', 'runs'];
/** Of a word: the model looked at one cell of its 8 × 8 grid. */
const lookAt = (cell: number) => Array.from({ length: 64 }, (_, i) => (i === cell ? 1 : 0));

export interface HeldModel {
  readonly generate: Generate;
  /** The next captions stop after their second word … */
  hold(): void;
  /** … until this. */
  goOn(): void;
}

/** Says the same of every picture, with a draft, and with attention for each word. */
export function createHeldModel(): HeldModel {
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

const aborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason));
  });

/** Drops different photos onto the page, as from a folder. @param times each of them, under names of its own */
export async function dropPhotos(page: Page, count: number, times = 1): Promise<void> {
  const photos = (await variedPhotos(count)).map((bytes) => Buffer.from(bytes).toString('base64'));
  await page.evaluate(`{
    const data = new DataTransfer();
    const photos = ${JSON.stringify(photos)};
    for (let i = 0; i < photos.length * ${times}; i += 1) {
      const bytes = Uint8Array.from(atob(photos[i % photos.length]), (c) => c.charCodeAt(0));
      data.items.add(new File([bytes], 'photo-' + i + '.jpg', { type: 'image/jpeg' }));
    }
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }`);
}

/** Waits until the page has read its history and takes pictures. */
export const ready = (page: Page) => page.locator('body.ready').waitFor();

/** Cards in a state. */
export const cards = (page: Page, status?: string): Locator =>
  page.locator(status === undefined ? '.card' : `.card[data-status="${status}"]`);
