// Gathers the pictures of one source: from a package's files, its PDFs, a set of icons, or drawn here.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { Refusal } from '../lib/report.mjs';
import { alterPhoto } from './altered.mjs';
import { drawBlank } from './blank.mjs';
import { findFiles } from './files.mjs';
import { drawAvatars, drawFaces, drawIcons } from './icons.mjs';
import { drawChart } from './pages/charts.mjs';
import { drawDocument } from './pages/documents.mjs';
import { drawWebPage } from './pages/web.mjs';
import { drawWindow } from './pages/windows.mjs';
import { takePdfPages } from './pdf.mjs';
import { preparePicture } from './pictures.mjs';
import { drawPlots } from './plots.mjs';
import { createRandom } from './random.mjs';
import { weather } from './weather.mjs';

/**
 * @typedef {object} Fields
 * @property {string} source its name, by default the package's
 * @property {string} kind
 * @property {string} split `train` (default) or `held-out`
 * @property {number} take at most so many pictures; default 100
 * @property {string} [package] of Debian
 * @property {string} [npm] a package of npm.json
 * @property {string[]} [files] patterns of the package's pictures or PDFs
 * @property {string[]} [not] patterns of what is left out of them
 * @property {[columns: number, rows: number]} [cells] files are sheets of pictures, as of cards
 * @property {'pdf' | 'altered' | 'icons' | 'avatars' | 'faces' | 'window' | 'web' | 'document' | 'chart' | 'plots' | 'blank'} [draw]
 *   how pictures are made; default: `files` are pictures
 * @property {string} [set] of icons: the name of its npm package of Iconify
 * @property {string} [style] of avatars
 * @property {string} [body] of windows: only this one of pages/bodies.mjs
 * @property {boolean} [weathered] pages as if printed and scanned
 */

/** @typedef {Fields & import('./pictures.mjs').PictureRules} Source */

/**
 * @typedef {object} Context
 * @property {Source} source
 * @property {string} cache
 * @property {string} output
 * @property {import('./browser.mjs').Browser} browser
 * @property {ReturnType<typeof import('./pictures.mjs').createCollector>} collector
 * @property {import('./random.mjs').Random} random
 */

/** @param {Context} context */
export async function gather(context) {
  const { source, collector, random } = context;
  switch (source.draw) {
    case undefined:
      return gatherFiles(context);
    case 'pdf':
      return takePdfPages(context);
    case 'altered':
      return gatherAltered(context);
    case 'icons':
      return drawIcons(context);
    case 'avatars':
      return drawAvatars(context);
    case 'faces':
      return drawFaces(context);
    case 'plots':
      return drawPlots(context);
    case 'blank':
      for (let index = 0; collector.rows.length < source.take && index < source.take * 3; index++) {
        await collector.add(await drawBlank(random, source));
      }
      return;
    default:
      return gatherPages(context, source.draw);
  }
}

/** @param {Context} context */
async function gatherAltered({ source, output, collector, random }) {
  const photos = await findPictures(output, 'photo-*', source.split);
  if (photos.length === 0)
    throw new Refusal(`There are no photos for ${source.source}; run it without --only.`);
  for (let index = 0; collector.rows.length < source.take && index < source.take * 2; index++) {
    const picture = await alterPhoto(fileURLToPath(random.pick(photos)), random);
    await collector.add(await preparePicture(picture, '', source));
  }
}

/** @param {Context} context pictures of a package, drawn by lot; of several sizes of an icon only one */
async function gatherFiles({ source, cache, collector, random }) {
  const folder = unpacked(cache, source);
  const found = await findFiles(folder, { files: source.files ?? [], not: source.not ?? [] });
  const names = new Set();
  for (const file of random.shuffle(found)) {
    if (collector.rows.length >= source.take) return;
    const name = path.basename(file).replace(/\.[^.]+$/, '');
    // A picture in another language has the same name and deserves a place, an icon in another size doesn't.
    if (source.kind === 'drawing' && names.has(name)) continue;
    const bytes = await readFile(path.join(folder, file));
    for (const cell of await takeCells(bytes, source, random)) {
      if (await collector.add(await preparePicture(cell, file, source), file)) names.add(name);
    }
  }
}

/**
 * @param {Buffer} sheet rows and columns of pictures
 * @param {Source} source
 * @param {import('./random.mjs').Random} random
 * @returns {Promise<Buffer[]>} some of them, one or several together
 */
async function takeCells(sheet, { cells }, random) {
  if (cells === undefined) return [sheet];
  const [columns, rows] = cells;
  const { data, info } = await sharp(sheet, { density: 100 })
    .png()
    .toBuffer({ resolveWithObject: true });
  const [width, height] = [Math.floor(info.width / columns), Math.floor(info.height / rows)];
  return Promise.all(
    random.times(5, () => {
      const [across, down] = random.pick([
        [1, 1],
        [1, 1],
        [2, 1],
        [3, 1],
        [3, 2],
      ]);
      const left = random.int(0, columns - across) * width;
      // The last row of a deck has its back and blanks.
      const top = random.int(0, Math.max(0, rows - 1 - down)) * height;
      return sharp(data)
        .extract({ left, top, width: across * width, height: down * height })
        .png()
        .toBuffer();
    }),
  );
}

/** @param {string} cache @param {Source} source @returns the folder of its package */
export function unpacked(cache, { npm, package: name }) {
  return npm ? path.join(cache, 'npm/node_modules', npm) : path.join(cache, 'debian', String(name));
}

const PAGES = { window: drawWindow, web: drawWebPage, document: drawDocument, chart: drawChart };

/** @param {Context} context @param {keyof typeof PAGES} draw */
async function gatherPages({ source, cache, output, browser, collector }, draw) {
  const modules = pathToFileURL(path.join(cache, 'npm/node_modules')).href;
  const photos = await findPictures(output, 'photo-*', source.split);
  const icons = await findPictures(output, 'drawing-*-icon-theme*', source.split);
  for (let index = 0; collector.rows.length < source.take && index < source.take * 2; index++) {
    const random = createRandom(`${source.source} ${index}`);
    const material = { split: source.split, body: source.body, modules, photos, icons };
    const page = PAGES[draw](random, material);
    const shot = await browser.take(page);
    if (shot === undefined) continue;
    const picture = source.weathered
      ? await weather(shot, random)
      : await keepSome(shot, page, random);
    await collector.add(await preparePicture(picture, '', { longest: 8, ...source }));
  }
}

/**
 * @param {string} output
 * @param {string} lists a pattern
 * @param {string} split
 * @returns {Promise<string[]>} addresses of pictures that were gathered for that split, which pages may show
 */
async function findPictures(output, lists, split) {
  const folder = path.join(output, 'sources');
  const found = await findFiles(folder, { files: [`${lists}.csv`] });
  const texts = await Promise.all(found.map((list) => readFile(path.join(folder, list), 'utf8')));
  return texts
    .flatMap((text) => text.split('\n'))
    .filter((row) => row.endsWith(`,${split}`))
    .map((row) => pathToFileURL(path.join(output, /** @type {string} */ (row.split(',')[0]))).href);
}

/**
 * Some pictures are saved again as people do: a part, smaller, or as JPEG.
 * @param {Buffer} png
 * @param {import('./pages/windows.mjs').Page} page
 * @param {import('./random.mjs').Random} random
 * @returns {Promise<Buffer>}
 */
async function keepSome(png, page, random) {
  const { width, height } = await sharp(png).metadata();
  let image = sharp(png);
  const partly = page.whole === false && width > 200 && height > 150;
  if (partly && random.chance(0.25)) {
    const part = { width: random.int(160, width - 20), height: random.int(110, height - 20) };
    const left = random.int(0, width - part.width);
    image = image.extract({ ...part, left, top: random.int(0, height - part.height) });
    image = sharp(await image.toBuffer());
  }
  if (random.chance(0.25)) {
    image = image.resize({ width: random.int(160, 420), withoutEnlargement: true });
  }
  if (random.chance(0.25)) image = image.jpeg({ quality: random.int(35, 90) });
  return image.toBuffer();
}
