// Small files that unpack to a lot are decoded, or refused, within bounded memory and time.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeBmp } from '../../support/pictures/bmp.ts';
import { box, codedItem, gridItem, ispe, u32, writeHeif } from '../../support/pictures/heif.ts';
import { profileBomb, readPhoto, textBomb, withChunks } from '../../support/pictures/pictures.ts';
import { DATA, writeTiff } from '../../support/pictures/tiff.ts';
import { canSeeProcesses } from '../../support/processes/process-tree.ts';

const MOST_MB = 1000;

describe.runIf(canSeeProcesses)('a small file that unpacks to a lot', { timeout: 120_000 }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'caption-queue-bombs-'));
  const script = fileURLToPath(
    new URL('../../support/pictures/measure-imaging.mjs', import.meta.url),
  );
  let small: Buffer;
  beforeAll(async () => {
    small = await sharp(readPhoto('coffee.jpg')).resize(100, 100).png().toBuffer();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function measure(bytes: Buffer): Promise<{ reply: string; code?: string; grewMb: number }> {
    const file = path.join(folder, 'bomb');
    writeFileSync(file, bytes);
    const { stdout } = await promisify(execFile)(process.execPath, [script, file]);
    return JSON.parse(stdout);
  }

  it.each<[string, () => Buffer[]]>([
    ['100 MB of text', () => [textBomb(100 << 20)]],
    ['200 texts of 7 MB', () => Array.from({ length: 200 }, (_, n) => textBomb(7 << 20, `K${n}`))],
    ['a 50 MB profile', () => [profileBomb(50 << 20)]],
    ['ten 50 MB profiles', () => Array.from({ length: 10 }, () => profileBomb(50 << 20))],
  ])('(%s in a PNG) is captioned within bounded memory', async (_name, chunks) => {
    const { reply, grewMb } = await measure(withChunks(small, ...chunks()));
    expect(reply).toBe('image');
    expect(grewMb).toBeLessThan(100);
  });

  it('(a TIFF of 98 megapixels in one strip) stays below 1 GB', async () => {
    const side = 9_900;
    const packed = deflateSync(Buffer.alloc(3 * side * side));
    const tags = {
      256: side,
      257: side,
      258: [8, 8, 8],
      259: 8,
      262: 2,
      273: DATA,
      277: 3,
      278: side,
    };
    const { reply, grewMb } = await measure(writeTiff({ ...tags, 279: packed.length }, packed));
    expect(reply).toBe('image');
    expect(grewMb).toBeLessThan(MOST_MB);
  });

  it('(a TIFF of 49 megapixels of 8 bytes, lying on its side) stays below 1 GB', async () => {
    const side = 7_000;
    const packed = deflateSync(Buffer.alloc(8 * side * side));
    const tags = { 256: side, 257: side, 258: [16, 16, 16, 16], 259: 8, 262: 2, 273: DATA };
    const { reply, grewMb } = await measure(
      writeTiff({ ...tags, 274: 6, 277: 4, 278: side, 279: packed.length, 338: 2 }, packed),
    );
    expect(reply).toBe('image');
    expect(grewMb).toBeLessThan(MOST_MB);
  });

  it('(a BMP of 100 megapixels in a few runs) stays below 1 GB', async () => {
    const pixels = Buffer.from([255, 7, 0, 1]);
    const bytes = writeBmp({ width: 10_000, height: 10_000, bits: 8, compression: 1, pixels });
    const { reply, grewMb } = await measure(bytes);
    expect(reply).toBe('image');
    expect(grewMb).toBeLessThan(MOST_MB);
  });

  /** As many items as are allowed. */
  function tiles(rows: number, side: number, ...properties: Buffer[]): Buffer {
    const [configuration = Buffer.alloc(0)] = codedItem('red').properties;
    const tile = { ...codedItem('red'), hidden: true };
    if (properties.length > 0) tile.properties = [configuration, ...properties];
    const numbers = Array.from({ length: rows * rows }, (_, n) => n + 2);
    return writeHeif({
      items: [
        gridItem({ rows, columns: rows, width: side, height: side }),
        ...numbers.map(() => tile),
      ],
      references: [{ type: 'dimg', from: 1, to: numbers }],
    });
  }

  it('(a HEIC of 900 tiles) stays below 1 GB', async () => {
    const { reply, grewMb } = await measure(tiles(30, 30 * 64));
    expect(reply).toBe('image');
    expect(grewMb).toBeLessThan(MOST_MB);
  });

  it('(a HEIC of tiles that claim to be huge) stays below 1 GB', async () => {
    const { reply, grewMb } = await measure(tiles(16, 7_000, ispe(30_000, 30_000)));
    expect(reply).toBe('problem');
    expect(grewMb).toBeLessThan(MOST_MB);
  });

  it('(a HEIC of boxes in boxes) is refused', async () => {
    let nested = box('iprp');
    for (let depth = 0; depth < 3_000; depth += 1) nested = box('iprp', nested);
    const start = box('ftyp', Buffer.from('heic'), u32(0), Buffer.from('heic'));
    const { reply, grewMb } = await measure(
      Buffer.concat([start, box('meta', u32(0), nested), Buffer.alloc(1 << 20)]),
    );
    expect(reply).toBe('problem');
    expect(grewMb).toBeLessThan(100);
  });
});
