// The service as its users have it: real processes, real Redis, HTTP from outside.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Caption } from '@caption-queue/contract/caption';
import { DEFAULT_BUNDLE } from '@caption-queue/model/bundle';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { useFolder } from '../support/folder.ts';
import { hasTensorFlow } from '../support/model/engines.ts';
import { writeTinyBundle } from '../support/model/tiny-bundle.ts';
import { devPhotoFiles, flickr8kIsAvailable } from '../support/pictures/flickr8k.ts';
import { readPhoto, variedPhotos } from '../support/pictures/varied-photos.ts';
import { type ServiceStack, startStack } from '../support/processes/service-stack.ts';
import { redisIsAvailable } from '../support/redis/redis.ts';

/** Each test starts all processes, with the whole model; what is to be fast says so itself. */
vi.setConfig({ testTimeout: 120_000 });

const photosFolder = fileURLToPath(new URL('../fixtures/photos/', import.meta.url));
const captionCommand = fileURLToPath(new URL('../../cli/dist/caption.js', import.meta.url));

const folder = useFolder();
let tiny: string;
let stack: ServiceStack;

beforeAll(async () => {
  tiny = join(folder, 'tiny');
  await writeTinyBundle({ directory: tiny });
});

/** Captions by the command line, without any server: file name → caption. */
async function captionsWithoutServer(files: string[], model: string, engine = 'onnx') {
  const args = ['--json', '--model', model, '--engine', engine, ...files];
  const { stdout } = await promisify(execFile)(process.execPath, [captionCommand, ...args]);
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return Object.fromEntries(lines.map(({ file, caption }) => [file, caption as string]));
}

describe.skipIf(!redisIsAvailable)('a photo posted by a form', () => {
  afterEach(() => stack.stop());

  it('gets the caption that the command line gives it, from the shipped model', async () => {
    stack = await startStack({ model: DEFAULT_BUNDLE });
    const files = ['dog.jpg', 'coffee.jpg', 'astronaut.jpg'].map((name) =>
      join(photosFolder, name),
    );
    const expected = await captionsWithoutServer(files, DEFAULT_BUNDLE);
    for (const file of files) {
      const { id } = await stack.post(await readPhoto(file.slice(photosFolder.length)));
      const caption = await stack.finished(id);
      expect(caption.status).toBe('succeeded');
      expect(caption.output?.caption).toBe(expected[file]);
    }
  });

  it.runIf(hasTensorFlow())('is captioned by the TensorFlow engine just the same', async () => {
    stack = await startStack({ model: DEFAULT_BUNDLE, engine: 'tfjs' });
    const file = join(photosFolder, 'cat.jpg');
    const expected = await captionsWithoutServer([file], DEFAULT_BUNDLE, 'tfjs');
    const { id } = await stack.post(await readPhoto('cat.jpg'));
    expect((await stack.finished(id)).output?.caption).toBe(expected[file]);
  });

  it('gets another caption from a bundle with other decoder weights', async () => {
    const other = join(folder, 'other');
    await writeTinyBundle({ directory: other, seed: 2 });
    const captions = [];
    for (const model of [tiny, other]) {
      stack = await startStack({ model });
      const { id } = await stack.post(await readPhoto('cat.jpg'));
      captions.push((await stack.finished(id)).output?.caption);
      if (model === tiny) await stack.stop();
    }
    expect(captions[1]).not.toBe(captions[0]);
  });
});

describe.skipIf(!redisIsAvailable)('many photos', () => {
  afterEach(() => stack.stop());

  it('are each encoded once by two encoder workers, and not at all when asked again with other options', async () => {
    stack = await startStack({ model: tiny, encoders: 2 });
    const photos = await variedPhotos(200);
    const pass = async (pictures: Uint8Array[], options: Record<string, number>) => {
      const posted: Caption[] = [];
      for (const picture of pictures) posted.push(await stack.post(picture, options));
      return Promise.all(posted.map(({ id }) => stack.finished(id)));
    };
    const total = async (name: string, labels = '') => {
      const counts = await Promise.all(
        stack.encoders.map((encoder) => stack.metric(encoder, name, labels)),
      );
      return counts.reduce((a, b) => a + b, 0);
    };

    const first = await pass(photos, {});
    expect(first.filter((caption) => caption.status !== 'succeeded')).toEqual([]);
    expect(await total('cq_encodes_total')).toBe(200);

    const second = await pass(photos, { beam_width: 5 });
    expect(await total('cq_encodes_total')).toBe(200);
    expect(await total('cq_feature_cache_lookups_total', 'result="hit"')).toBe(200);
    expect(second.every((caption) => caption.metrics.feature_cache === 'hit')).toBe(true);

    // Some of them once more, as at first: every result is right, whichever worker made it.
    const again = await pass(photos.slice(0, 20), {});
    expect(again.map(({ output }) => output)).toEqual(
      first.slice(0, 20).map(({ output }) => output),
    );
  });
});

describe.skipIf(!redisIsAvailable)('a worker that is killed in the middle of its work', () => {
  afterEach(() => stack.stop());

  it.each(['encoder-worker', 'decoder-worker'] as const)(
    '(%s) costs no caption, and at most 15 s',
    async (name) => {
      stack = await startStack({ model: DEFAULT_BUNDLE });
      const [victim] = name === 'encoder-worker' ? stack.encoders : stack.decoders;
      const busy = name === 'encoder-worker' ? 'encoding' : 'decoding';
      const posted: Caption[] = [];
      for (const photo of await variedPhotos(8)) posted.push(await stack.post(photo));
      // Some caption is in its hands when it dies.
      await expect
        .poll(async () => statuses(posted.map(({ id }) => id)), { interval: 5, timeout: 10_000 })
        .toContain(busy);
      await victim?.kill();
      const killedAt = Date.now();
      await stack.addWorker(name);
      const captions = await Promise.all(posted.map(({ id }) => stack.finished(id)));
      expect(captions.map((caption) => caption.status)).toEqual(posted.map(() => 'succeeded'));
      expect(Date.now() - killedAt).toBeLessThan(15_000);
    },
  );

  async function statuses(ids: string[]): Promise<string[]> {
    return Promise.all(
      ids.map(async (id) => {
        const response = await fetch(`${stack.url}/v1/captions/${id}`);
        return ((await response.json()) as { status: string }).status;
      }),
    );
  }
});

describe.skipIf(!flickr8kIsAvailable || !redisIsAvailable)('twenty dev photos', () => {
  afterEach(() => stack.stop());

  it('get at least fifteen different captions, those of the command line', async () => {
    stack = await startStack({ model: DEFAULT_BUNDLE });
    const files = await devPhotoFiles(20);
    const expected = await captionsWithoutServer(files, DEFAULT_BUNDLE);
    const captions: Record<string, string | undefined> = {};
    for (const file of files) {
      const { id } = await stack.post(await readFile(file));
      captions[file] = (await stack.finished(id)).output?.caption;
    }
    expect(captions).toEqual(expected);
    expect(new Set(Object.values(captions)).size).toBeGreaterThanOrEqual(15);
  });
});
