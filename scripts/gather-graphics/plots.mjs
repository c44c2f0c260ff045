// Draws plots with Python's libraries.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchPythonPackages, run } from './fetch.mjs';
import { findFiles } from './files.mjs';
import { preparePicture } from './pictures.mjs';

const PACKAGES = ['matplotlib==3.9.2', 'seaborn==0.13.2', 'networkx==3.3', 'numpy==1.26.4'];
const SEED = '7';
const program = fileURLToPath(new URL('plots.py', import.meta.url));

/** @param {import('./sources.mjs').Context} context */
export async function drawPlots({ source, cache, collector }) {
  const python = await fetchPythonPackages(cache, PACKAGES);
  const folder = path.join(cache, 'plots');
  await run(python, [program, folder, String(source.take), SEED], {});
  for (const file of await findFiles(folder, { files: ['*.png'] })) {
    const bytes = await readFile(path.join(folder, file));
    await collector.add(await preparePicture(bytes, file, source));
  }
}
