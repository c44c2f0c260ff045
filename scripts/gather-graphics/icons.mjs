// Draws icons and emoji of npm's @iconify-json sets, and invented people and creatures of DiceBear and facesjs.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { preparePicture } from './pictures.mjs';

const INKS = ['#000', '#222', '#555', '#1565c0', '#c62828', '#2e7d32', '#6a1b9a', '#ef6c00'];
const GROUNDS = [
  undefined,
  undefined,
  '#fff',
  '#fff',
  '#fff',
  '#f2f2f2',
  '#ffe9b0',
  '#cfe8fc',
  '#223',
  '#2b7a4b',
];

/** @param {import('./sources.mjs').Context} context */
export async function drawIcons({ source, cache, collector, random }) {
  const file = path.join(cache, 'npm/node_modules/@iconify-json', source.set ?? '', 'icons.json');
  const { icons, width = 16, height = 16 } = JSON.parse(await readFile(file, 'utf8'));
  for (const name of random.shuffle(Object.keys(icons))) {
    if (collector.rows.length >= source.take) return;
    const icon = icons[name];
    const [across, down] = [icon.width ?? width, icon.height ?? height];
    const body = icon.body.replaceAll('currentColor', random.pick(INKS));
    const margin = random.chance(0.5) ? 0 : across * random.next() * 0.4;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="${across + 2 * margin}" height="${down + 2 * margin}" viewBox="${-margin} ${-margin} ${across + 2 * margin} ${down + 2 * margin}">${body}</svg>`;
    await addOnGround(svg, name);
  }

  /** @param {string} svg @param {string} name */
  async function addOnGround(svg, name) {
    const background = random.pick(GROUNDS);
    const rules = { ...source, ...(background && { background }) };
    await collector.add(await preparePicture(Buffer.from(svg), name, rules), name);
  }
}

/** @param {import('./sources.mjs').Context} context */
export async function drawAvatars({ source, cache, collector, random }) {
  const modules = path.join(cache, 'npm/node_modules/@dicebear');
  const { createAvatar } = await import(
    pathToFileURL(path.join(modules, 'core/lib/index.js')).href
  );
  const styles = await import(pathToFileURL(path.join(modules, 'collection/lib/index.js')).href);
  for (let index = 0; index < source.take; index++) {
    const ground = random.chance(0.6)
      ? {
          backgroundColor: [
            random.pick(['b6e3f4', 'ffd5dc', 'ffdfbf', 'c0aede', 'ffffff', 'd1d4f9']),
          ],
        }
      : {};
    const svg = createAvatar(styles[source.style ?? ''], {
      seed: `${source.style} ${index}`,
      ...ground,
    }).toString();
    await collector.add(await preparePicture(Buffer.from(svg), String(index), source));
  }
}

/** @param {import('./sources.mjs').Context} context */
export async function drawFaces({ source, cache, collector, random }) {
  const file = path.join(cache, 'npm/node_modules/facesjs/build/index.js');
  const { generate, faceToSvgString } = await import(pathToFileURL(file).href);
  for (let index = 0; index < source.take; index++) {
    const svg = withChance(random, () => faceToSvgString(generate()));
    await collector.add(await preparePicture(Buffer.from(svg), String(index), source));
  }
}

/**
 * For a library that draws from Math.random alone.
 * @template T
 * @param {import('./random.mjs').Random} random
 * @param {() => T} work
 * @returns {T}
 */
function withChance(random, work) {
  const { random: usual } = Math;
  Math.random = random.next;
  try {
    return work();
  } finally {
    Math.random = usual;
  }
}
