// Made test/fixtures/heic, and makes it again: `node test/support/pictures/make-heic.mjs`. Nothing in npm's packages
// encodes HEVC, so this needs `heif-enc` (Debian: libheif-examples) and `ffmpeg`; the tests need neither.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';

const folder = new URL('../../fixtures/heic/', import.meta.url).pathname;
const photos = new URL('../../fixtures/photos/', import.meta.url).pathname;
const work = mkdtempSync(path.join(tmpdir(), 'make-heic-'));
mkdirSync(folder, { recursive: true });

/** @param {string} name @param {import('sharp').Sharp} picture @param {string[]} options */
async function encode(name, picture, ...options) {
  const file = path.join(work, 'picture.png');
  await picture.png().toFile(file);
  const target = path.join(folder, `${name}.heic`);
  execFileSync('heif-enc', [file, '-o', target, '-q', '60', '-p', 'x265:info=0', ...options]);
}

const plain = (/** @type {sharp.Color} */ background, channels = 3) =>
  sharp({
    create: { width: 64, height: 64, channels: /** @type {3 | 4} */ (channels), background },
  });

// Tiles for grids.
for (const [name, colour] of Object.entries({
  red: '#e02020',
  green: '#20c020',
  blue: '#2040e0',
  white: '#f0f0f0',
})) {
  await encode(name, plain(colour));
}
await encode('photo', sharp(path.join(photos, 'coffee.jpg')).resize(192, 128));
await encode('transparent', plain({ r: 0, g: 0, b: 0, alpha: 0 }, 4));
await encode('wide-gamut', plain('#c83020').withIccProfile('p3'));

// A sequence is a film with other brands.
await plain('#e02020').png().toFile(path.join(work, 'frame-1.png'));
await plain('#2040e0').png().toFile(path.join(work, 'frame-2.png'));
const film = path.join(work, 'film.mp4');
execFileSync('ffmpeg', [
  ...['-loglevel', 'error', '-i', path.join(work, 'frame-%d.png'), '-c:v', 'libx265'],
  ...['-x265-params', 'log-level=error:info=0', '-pix_fmt', 'yuv420p', '-tag:v', 'hvc1', film],
]);
const sequence = readFileSync(film);
sequence.write('hevc', 8, 'latin1');
sequence.write('pict', sequence.indexOf('vide'), 'latin1');
writeFileSync(path.join(folder, 'sequence.heic'), sequence);
rmSync(work, { recursive: true });
