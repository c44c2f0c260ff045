// A picture that crashes, hangs or is killed costs one process and one upload, never the service.
import { fileURLToPath } from 'node:url';
import {
  createImagingPool,
  type ImagingPool,
  type ImagingPoolOptions,
} from '@caption-queue/api/uploads/imaging/pool';
import { PIXELS_BYTES } from '@caption-queue/contract/bundle';
import { DomainError } from '@caption-queue/contract/errors';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readHeic } from '../../../../support/pictures/heif.ts';
import { readPhoto } from '../../../../support/pictures/pictures.ts';
import { silentLogger, soon } from '../../../../support/pipeline/pipeline.ts';
import {
  canSeeProcesses,
  childrenOf,
  isRunning,
} from '../../../../support/processes/process-tree.ts';

const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const realScript = local('../../../../../services/api/dist/imaging-process.js');
const misbehavingScript = local('../../../../fixtures/misbehaving-imaging-process.mjs');

const CRASH = 1;
const HANG = 2;
const KILLED = 3;
const FINE = 4;
const GROWN = 5;

const pools: ImagingPool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.close())));

function createPool(options: Partial<ImagingPoolOptions> = {}): ImagingPool {
  const pool = createImagingPool({
    processes: 1,
    script: misbehavingScript,
    limits: {},
    logger: silentLogger,
    ...options,
  });
  pools.push(pool);
  return pool;
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'fine',
    (error: unknown) => (error instanceof DomainError ? error.code : String(error)),
  );

const picture = (behaviour: number, delayMs = 0) => Uint8Array.of(behaviour, delayMs);

describe('the imaging pool', () => {
  it('normalises real photos, more at a time than it has processes', async () => {
    const pool = createPool({ processes: 2, script: realScript });
    const photo = readPhoto('cat.jpg');
    const images = await Promise.all(Array.from({ length: 6 }, () => pool.normalise(photo)));
    for (const image of images) {
      expect(image).toMatchObject({ mediaType: 'image/jpeg', width: 451, height: 300 });
      expect(image.pixels).toHaveLength(PIXELS_BYTES);
    }
  });

  it('passes on what is wrong with a picture, and the limits to it', async () => {
    const pool = createPool({ script: realScript, limits: { maxPixels: 1000 } });
    expect(await codeOf(pool.normalise(Buffer.from('no picture')))).toBe('unsupported_image');
    expect(await codeOf(pool.normalise(readPhoto('cat.jpg')))).toBe('image_too_large');
  });

  it.each([
    ['crashes the process', CRASH, 'damaged_image'],
    ['never ends', HANG, 'imaging_unavailable'],
    ['is killed from outside', KILLED, 'imaging_unavailable'],
  ])('lets only the picture fail that %s', async (_what, behaviour, code) => {
    const pool = createPool({ timeoutMs: 300 });
    const results = await Promise.all(
      [FINE, behaviour, FINE, behaviour, FINE].map((what) => codeOf(pool.normalise(picture(what)))),
    );
    expect(results).toEqual(['fine', code, 'fine', code, 'fine']);
  });

  it('replaces a process that holds much memory after a picture, in silence', async () => {
    const deaths = vi.fn();
    const pool = createPool({ logger: { ...silentLogger, warn: deaths } });
    const processOf = async (behaviour: number) =>
      Buffer.from((await pool.normalise(picture(behaviour))).pixels).readUInt32LE();
    const [first, second, third] = [
      await processOf(FINE),
      await processOf(GROWN),
      await processOf(FINE),
    ];
    expect(second).toBe(first);
    expect(third).not.toBe(first);
    expect(deaths).not.toHaveBeenCalled();
  });

  it('gives a HEIC three times the time', async () => {
    const pool = createPool({ timeoutMs: 600 });
    await pool.normalise(picture(FINE));
    // The stand-in takes 0.9 s for what ends so.
    const heic = Buffer.from('\0\0\0\x18ftypheic\0\0\0\0heicmif1slow', 'latin1');
    expect(await codeOf(pool.normalise(heic))).toBe('fine');
    expect(await codeOf(pool.normalise(Buffer.from('other slow')))).toBe('imaging_unavailable');
  });

  it('decodes HEIC too, in the real process', async () => {
    const pool = createPool({ script: realScript });
    const image = await pool.normalise(readHeic('photo'));
    expect(image).toMatchObject({ mediaType: 'image/heic', width: 192, height: 128 });
  });

  it('refuses what would wait behind too many others', async () => {
    const pool = createPool({ queueLimit: 1 });
    await pool.normalise(picture(FINE));
    const working = pool.normalise(picture(FINE, 100));
    const waiting = pool.normalise(picture(FINE));
    expect(pool.waiting).toBe(1);
    expect(await codeOf(pool.normalise(picture(FINE)))).toBe('imaging_unavailable');
    expect(await Promise.all([codeOf(working), codeOf(waiting)])).toEqual(['fine', 'fine']);
  });

  it('refuses what has waited too long, while another is still at work', async () => {
    const pool = createPool({ waitMs: 1_000, timeoutMs: 2_500 });
    await pool.normalise(picture(FINE));
    const working = codeOf(pool.normalise(picture(HANG))).then((code) => ({
      code,
      at: Date.now(),
    }));
    const waiting = codeOf(pool.normalise(picture(FINE))).then((code) => ({
      code,
      at: Date.now(),
    }));
    const [hung, refused] = await Promise.all([working, waiting]);
    expect(refused.code).toBe('imaging_unavailable');
    expect(refused.at).toBeLessThan(hung.at);
  });

  it.each([
    // The system refuses with an event, as for too many processes or files,
    ['an event', '/nowhere/node'],
    // and at once with what it doesn't know, as when memory runs out.
    ['an error', `${misbehavingScript}/node`],
  ])('starts a process again that could not be started, with %s', async (_how, nowhere) => {
    const deaths = vi.fn();
    const { execPath } = process;
    process.execPath = nowhere;
    const pool = createPool({ logger: { ...silentLogger, warn: deaths } });
    try {
      await expect.poll(() => deaths.mock.calls.length, soon).toBe(1);
    } finally {
      process.execPath = execPath;
    }
    expect(await codeOf(pool.normalise(picture(FINE)))).toBe('fine');
    expect(deaths).toHaveBeenCalledTimes(1);
    expect(deaths.mock.calls[0]?.[0]).toEqual({ reason: expect.stringMatching(/^spawn /) });
  });

  it('closes while none of its processes can be started', async () => {
    const { execPath } = process;
    process.execPath = '/nowhere/node';
    try {
      await createPool({ processes: 2 }).close();
    } finally {
      process.execPath = execPath;
    }
  });

  it.runIf(canSeeProcesses)('leaves no process behind when closed, also twice', async () => {
    const before = childrenOf(process.pid);
    const pool = createPool({ processes: 3 });
    await pool.normalise(picture(FINE));
    const own = childrenOf(process.pid).filter((pid) => !before.includes(pid));
    expect(own).toHaveLength(3);
    await Promise.all([pool.close(), pool.close()]);
    expect(own.filter(isRunning)).toEqual([]);
  });

  it('refuses what comes after it was closed', async () => {
    const pool = createPool();
    await pool.close();
    expect(await codeOf(pool.normalise(picture(FINE)))).toBe('imaging_unavailable');
  });
});
