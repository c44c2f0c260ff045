// Takes pages out of a package's PDFs.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { runProgram } from '../lib/processes.mjs';
import { Refusal } from '../lib/report.mjs';
import { findFiles } from './files.mjs';
import { preparePicture } from './pictures.mjs';
import { weather } from './weather.mjs';

/** Pages of a document that are taken at most. */
const PAGES_EACH = 25;

/** @param {import('./sources.mjs').Context} context */
export async function takePdfPages({ source, cache, collector, random }) {
  const folder = path.join(cache, 'debian', /** @type {string} */ (source.package));
  const documents = await findFiles(folder, { files: source.files ?? [], not: source.not ?? [] });
  const work = path.join(cache, 'pages');
  const each = Math.max(
    2,
    Math.ceil(Math.min(source.take / Math.max(documents.length, 1), PAGES_EACH)),
  );
  for (const document of random.shuffle(documents)) {
    if (collector.rows.length >= source.take) return;
    await rm(work, { recursive: true, force: true });
    await mkdir(work, { recursive: true });
    const bytes = await readFile(path.join(folder, document));
    const pdf = path.join(work, 'document.pdf');
    await writeFile(pdf, document.endsWith('.gz') ? gunzipSync(bytes) : bytes);
    const { exitCode, output } = await runProgram('pdfinfo', [pdf]);
    if (exitCode === -1)
      throw new Refusal('pdfinfo is missing: install the package poppler-utils.');
    const pages = Number(/Pages:\s+(\d+)/.exec(output)?.[1] ?? 0);
    const numbers = random
      .shuffle(Array.from({ length: pages }, (_, page) => page + 1))
      .slice(0, each);
    for (const number of numbers) {
      const size = ['-scale-to', String(random.pick([500, 640, 640, 800, 1100]))];
      await runProgram('pdftoppm', [
        '-png',
        '-f',
        String(number),
        '-l',
        String(number),
        ...size,
        pdf,
        path.join(work, 'page'),
      ]);
    }
    for (const name of (await readdir(work)).filter((file) => file.endsWith('.png')).sort()) {
      const page = await readFile(path.join(work, name));
      const picture = await weather(page, random, source.weathered ? 0.9 : 0.25);
      await collector.add(await preparePicture(picture, '', source), document);
    }
  }
}
