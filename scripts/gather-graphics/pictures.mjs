// Turns whatever a source gave into the pictures of the set: small, of a common format, each only once.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';

/** The longest side of a picture of the set, in pixels: twice what the encoder looks at. */
const MAX_SIDE = 640;
/** Larger PNGs are kept as WebP. */
const MAX_PNG_BYTES = 150_000;
/** An SVG is drawn so that its longer side has one of these many pixels, chosen by its name. */
const SVG_SIDES = [48, 64, 96, 128, 200, 256, 320, 400, 512, 600];

sharp.cache(false);

/**
 * @typedef {object} PictureRules
 * @property {number} [smallest] shorter sides are refused, in pixels; default 24
 * @property {number} [longest] a side over so many times the other is refused; default 6
 * @property {boolean} [plain] keeps pictures of nearly one colour; default false
 * @property {number} [side] the longer side of an SVG, in pixels; default one of several by its name
 * @property {boolean} [trim] cuts away an SVG's empty margins
 * @property {string} [background] what transparent pixels are laid on, a CSS colour; default: they stay
 */

/**
 * Reads a picture, scales it down to the set's size and encodes it.
 * @param {Buffer} bytes PNG, JPEG, WebP, GIF or SVG
 * @param {string} name chooses the size of an SVG
 * @param {PictureRules} [rules]
 * @returns {Promise<{ data: Buffer, extension: string } | undefined>} undefined when the rules refuse it or
 *   it can't be decoded
 */
export async function preparePicture(bytes, name, rules = {}) {
  const { smallest = 24, longest = 6, plain = false, background } = rules;
  try {
    const source = sharp(await drawable(bytes, name, rules), { limitInputPixels: 100_000_000 });
    const { width, height, format, hasAlpha } = await source.metadata();
    const [short, long] = [Math.min(width, height), Math.max(width, height)];
    if (short < smallest || long / short > longest) return undefined;
    const image = source
      .autoOrient()
      .toColourspace('srgb')
      .resize({ width: MAX_SIDE, height: MAX_SIDE, fit: 'inside', withoutEnlargement: true });
    if (background) image.flatten({ background });
    const raw = await image.png({ compressionLevel: 9 }).toBuffer();
    if (!plain && (await isPlain(raw))) return undefined;
    if (format === 'jpeg') {
      return { data: await sharp(raw).jpeg({ quality: 88 }).toBuffer(), extension: 'jpg' };
    }
    if (raw.length <= MAX_PNG_BYTES) return { data: raw, extension: 'png' };
    const quality = hasAlpha ? 90 : 88;
    return { data: await sharp(raw).webp({ quality }).toBuffer(), extension: 'webp' };
  } catch {
    return undefined;
  }
}

/**
 * Collects the pictures of one source in `<output>/<kind>/<source>`.
 * @param {string} output
 * @param {{ source: string, kind: string, split: string }} source
 */
export function createCollector(output, { source, kind, split }) {
  /** @type {Set<string>} */
  const seen = new Set();
  /** @type {string[]} */
  const rows = [];
  const folder = path.join(kind, source);
  return {
    rows,
    /**
     * @param {{ data: Buffer, extension: string } | undefined} picture
     * @param {string} [origin] where it comes from; its last part gets into the file's name
     * @returns {Promise<boolean>} false where it was refused or is there already
     */
    async add(picture, origin = '') {
      if (picture === undefined) return false;
      const hash = createHash('sha256').update(picture.data).digest('hex');
      if (seen.has(hash)) return false;
      seen.add(hash);
      const number = String(rows.length).padStart(4, '0');
      const name = path
        .parse(origin)
        .name.replace(/[^\w-]+/g, '_')
        .slice(0, 40);
      const file = path.join(folder, `${number}${name && `-${name}`}.${picture.extension}`);
      await mkdir(path.join(output, folder), { recursive: true });
      await writeFile(path.join(output, file), picture.data);
      rows.push([file, kind, source, split].join(','));
      return true;
    },
  };
}

/**
 * @param {Buffer} bytes
 * @param {string} name
 * @param {PictureRules} rules
 */
async function drawable(bytes, name, { side, trim = false }) {
  const head = bytes.subarray(0, 1000).toString('latin1');
  if (!/<svg|<\?xml/.test(head)) return bytes;
  const { width, height } = await sharp(bytes).metadata();
  const chosen = createHash('sha256').update(name).digest().readUInt16LE(0) % SVG_SIDES.length;
  const wanted = side ?? /** @type {number} */ (SVG_SIDES[chosen]);
  const density = (72 * wanted) / Math.max(width, height, 1);
  const drawn = sharp(bytes, { density: Math.min(Math.max(density, 1), 2400) });
  if (trim) drawn.trim();
  return drawn.png().toBuffer();
}

/** @param {Buffer} png of nearly one colour, transparency on white and on black */
async function isPlain(png) {
  for (const background of ['#ffffff', '#000000']) {
    const { channels } = await sharp(png).flatten({ background }).stats();
    if (channels.some(({ stdev }) => stdev > 4)) return false;
  }
  return true;
}
