// Makes the contact sheet of kinds in docs/trust.md, of pictures that may be passed on:
// node scripts/run.mjs test/kinds-picture.ts
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createCaptioner } from '@caption-queue/cli/captioner';
import { DEFAULT_BUNDLE } from '@caption-queue/model/bundle';
import { chromiumIsAvailable } from './support/page/chromium.ts';
import { photographPage } from './support/page/photograph.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const FOLDERS = ['test/fixtures/kinds', 'test/fixtures/photos'];
const PICTURE = path.join(root, 'docs/pictures/kinds.webp');
const SIZE = { width: 1040, height: 680 };

if (!chromiumIsAvailable) process.exit(1);
const captioner = await createCaptioner({
  model: DEFAULT_BUNDLE,
  engine: 'onnx',
  threads: 2,
  onWarning: console.warn,
});
const figures: string[] = [];
for (const folder of FOLDERS) {
  for (const name of (await readdir(path.join(root, folder))).sort()) {
    const file = path.join(root, folder, name);
    const said = await captioner.caption(await captioner.readPixels(file));
    console.log(name, said.kind, said.kind_confidence, said.alt_text);
    const source = `data:image;base64,${(await readFile(file)).toString('base64')}`;
    const text = said.alt_text === null ? '' : `“${said.alt_text}”`;
    figures.push(`<figure class="${said.kind}"><img src="${source}" alt=""><figcaption><b>${said.kind}</b>
<span>${(said.kind_confidence ?? 0).toFixed(2)}</span><p>${text}</p></figcaption></figure>`);
  }
}
await photographPage(sheet(figures), PICTURE, SIZE);

function sheet(figures: readonly string[]): string {
  return `<!doctype html><meta charset="utf-8"><style>
body { margin: 20px; background: #fff; color: #1a1a1a; font: 14px/1.35 system-ui, sans-serif; }
main { display: grid; grid-template-columns: repeat(7, 1fr); gap: 12px; }
figure { margin: 0; border: 1px solid #ddd; border-radius: 8px; overflow: hidden; }
img { width: 100%; height: 110px; object-fit: contain; display: block; background: #f4f4f4; }
figcaption { padding: 8px 10px 10px; border-top: 4px solid #888; min-height: 44px; }
.photo figcaption { border-color: #1a7f37; }
p { margin: 4px 0 0; font-weight: 600; font-size: 12px; } span { color: #666; }
</style><main>${figures.join('')}</main>`;
}
