// Makes the contact sheet of docs/trust.md, what the shipped model says of the fixture photos and what it would publish:
// node scripts/run.mjs test/trust-picture.ts
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCaptioner, type PhotoCaption } from '@caption-queue/cli/captioner';
import { DEFAULT_BUNDLE } from '@caption-queue/model/bundle';
import { chromiumIsAvailable } from './support/page/chromium.ts';
import { photographPage } from './support/page/photograph.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const PHOTOS = path.join(root, 'test/fixtures/photos');
const PICTURE = path.join(root, 'docs/pictures/trust.webp');
const SIZE = { width: 1040, height: 680 };

/** People looked: which of these photos have an alt text that is right. */
const rightAltTexts = new Set(['camera-man.jpg', 'cat.jpg', 'coffee.jpg', 'dog.jpg']);

if (!chromiumIsAvailable) process.exit(1);
const captioner = await createCaptioner({
  model: DEFAULT_BUNDLE,
  engine: 'onnx',
  threads: 2,
  onWarning: console.warn,
});
const names = (await readdir(PHOTOS)).filter((name) => name.endsWith('.jpg')).sort();
const figures: string[] = [];
for (const name of names) {
  const file = path.join(PHOTOS, name);
  const said = await captioner.caption(await captioner.readPixels(file));
  console.log(name, said.caption, said.confidence, said.alt_text);
  figures.push(figure(name, await readFile(file), said));
}
await photographPage(sheet(figures), PICTURE, SIZE);

function figure(name: string, photo: Buffer, { caption, confidence, alt_text }: PhotoCaption) {
  const verdict = verdictOf(name, caption, alt_text);
  const kind = verdict.split(':')[0];
  return `<figure class="${kind}"><img src="data:image/jpeg;base64,${photo.toString('base64')}" alt="">
<figcaption><b>${verdict}</b><p>“${caption}” <span>${(confidence ?? 0).toFixed(2)}</span></p>
<p class="alt">alt: ${alt_text === null ? '<i>none</i>' : `“${alt_text}”`}</p></figcaption></figure>`;
}

function verdictOf(name: string, caption: string, altText: string | null): string {
  if (altText === null) return 'refused: nothing sure enough to say';
  if (!rightAltTexts.has(name)) return 'wrong';
  if (altText === caption) return 'right';
  return caption.startsWith(altText) ? 'right: as much as is sure' : 'repaired: its name instead';
}

function sheet(figures: readonly string[]): string {
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 20px; background: #fff; color: #1a1a1a; font: 14px/1.4 system-ui, sans-serif; }
main { display: grid; grid-template-columns: repeat(4, 1fr); gap: 16px; }
figure { margin: 0; border: 1px solid #ddd; border-radius: 8px; overflow: hidden; }
img { width: 100%; height: 170px; object-fit: cover; display: block; }
figcaption { padding: 10px 12px 12px; border-top: 4px solid #888; }
.right figcaption, .repaired figcaption { border-color: #1a7f37; }
.wrong figcaption { border-color: #c62828; }
p { margin: 6px 0 0; } span { color: #666; } .alt { font-weight: 600; }
</style><main>${figures.join('')}</main>`;
}
