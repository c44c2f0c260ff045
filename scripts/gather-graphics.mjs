// `node scripts/gather-graphics.mjs --output FOLDER [--cache FOLDER] [--only SOURCE]`: pictures of each kind (photo,
// drawing, screenshot, chart, document, blank) to learn from: of Debian's and npm's packages, and drawn here.
import './lib/node-version.mjs';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openBrowser } from './gather-graphics/browser.mjs';
import { fetchDebianPackages, fetchNpmPackages } from './gather-graphics/fetch.mjs';
import { createCollector } from './gather-graphics/pictures.mjs';
import { createRandom } from './gather-graphics/random.mjs';
import { gather } from './gather-graphics/sources.mjs';
import { Refusal, runCommand, say, step } from './lib/report.mjs';

const parts = new URL('gather-graphics/', import.meta.url);
const usage =
  'Usage: node scripts/gather-graphics.mjs --output FOLDER [--cache FOLDER (default OUTPUT/cache)] [--only SOURCE]';

await runCommand(async () => {
  const { output, cache, only } = readOptions();
  const sources = await readSources(only);
  const fonts = await readList('fonts.json');
  const packages = sources.flatMap((source) => (source.package ? [source.package] : []));
  await mkdir(cache, { recursive: true });
  await fetchDebianPackages(cache, [...new Set([...fonts, ...packages])]);
  await fetchNpmPackages(cache, await readList('npm.json'));
  const folders = fonts.map((font) => path.join(cache, 'debian', font));
  const browser = await openBrowser({ cache, fonts: folders });
  const done = path.join(output, 'sources');
  await mkdir(done, { recursive: true });
  try {
    for (const source of sources) {
      const list = path.join(done, `${source.kind}-${source.source}.csv`);
      if (existsSync(list)) continue;
      await rm(path.join(output, source.kind, source.source), { recursive: true, force: true });
      const collector = createCollector(output, source);
      await step(`${source.kind}: ${source.source}`, () =>
        gather({ source, cache, output, browser, collector, random: createRandom(source.source) }),
      );
      say(`${source.kind}: ${source.source} (${source.split}): ${collector.rows.length} pictures`);
      await writeFile(`${list}.part`, collector.rows.map((row) => `${row}\n`).join(''));
      await rename(`${list}.part`, list);
    }
  } finally {
    await browser.close();
  }
  await writeList(output, done, await readSources());
});

function readOptions() {
  const { values } = parseArgs({
    options: {
      output: { type: 'string' },
      cache: { type: 'string' },
      only: { type: 'string' },
    },
  });
  const { output, cache, only } = values;
  if (!output) throw new Refusal(usage);
  const folder = path.resolve(output);
  return { output: folder, cache: path.resolve(cache ?? path.join(folder, 'cache')), only };
}

/** @param {string} name @returns {Promise<string[]>} */
async function readList(name) {
  return JSON.parse(await readFile(new URL(name, parts), 'utf8'));
}

/**
 * Photos first: pages show some.
 * @param {string} [only] the name of a source
 * @returns {Promise<import('./gather-graphics/sources.mjs').Source[]>}
 */
async function readSources(only) {
  const kinds = ['photo', 'drawing', 'screenshot', 'chart', 'document', 'blank'];
  /** @type {import('./gather-graphics/sources.mjs').Source[]} */
  const sources = [];
  for (const kind of kinds) {
    for (const source of /** @type {any[]} */ (await readList(`sources/${kind}.json`))) {
      const name = source.source ?? source.package;
      sources.push({ split: 'train', take: 100, ...source, source: name, kind });
    }
  }
  const wanted = sources.filter(({ source }) => only === undefined || source === only);
  if (wanted.length === 0) throw new Refusal(`There is no source ${only}. ${usage}`);
  return wanted;
}

/**
 * Writes graphics.csv from the lists of all sources and says how many pictures there are.
 * @param {string} output
 * @param {string} done
 * @param {import('./gather-graphics/sources.mjs').Source[]} sources
 */
async function writeList(output, done, sources) {
  const known = new Set(sources.map(({ kind, source }) => `${kind}-${source}.csv`));
  /** @type {string[]} */
  const rows = [];
  for (const name of (await readdir(done)).sort()) {
    if (!known.has(name)) continue;
    const text = await readFile(path.join(done, name), 'utf8');
    rows.push(...text.split('\n').filter((line) => line !== ''));
  }
  await writeFile(
    path.join(output, 'graphics.csv'),
    `file,kind,source,split\n${rows.map((row) => `${row}\n`).join('')}`,
  );
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const row of rows) {
    const [, kind, , split] = row.split(',');
    const key = `${kind} ${split}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  for (const [key, count] of [...counts].sort()) say(`${key}: ${count}`);
}
