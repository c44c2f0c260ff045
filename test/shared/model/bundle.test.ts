// A bundle is used whole and unaltered or not at all, and the reason fits in one line.
import { cp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadBundle } from '@caption-queue/model/bundle';
import { createEncoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';
import { writeTinyBundle } from '../../support/model/tiny-bundle.ts';

const folder = useFolder();
let original: string;
let bundle: string;
let copies = 0;

beforeAll(async () => {
  original = join(folder, 'original');
  await writeTinyBundle({ directory: original });
});
beforeEach(async () => {
  bundle = join(folder, `copy-${copies++}`);
  await cp(original, bundle, { recursive: true });
});

async function editManifest(edit: (manifest: Record<string, unknown>) => void): Promise<void> {
  const path = join(bundle, 'bundle.json');
  const manifest = JSON.parse(await readFile(path, 'utf8'));
  edit(manifest);
  await writeFile(path, JSON.stringify(manifest));
}

it('has the same hash wherever it lies, and another for other weights', async () => {
  const other = await writeTinyBundle({ directory: join(folder, 'other'), seed: 2 });
  const [a, b] = await Promise.all([loadBundle(original), loadBundle(bundle)]);
  expect(a.hash).toBe(b.hash);
  expect(other.hash).not.toBe(a.hash);
});

it.each([
  ['a missing folder', () => rm(bundle, { recursive: true }), /lacks .*bundle\.json/],
  ['a missing file', () => rm(join(bundle, 'decoder/step/weights.bin')), /lacks .*weights\.bin/],
  [
    'a truncated file',
    () => truncate(join(bundle, 'encoder/weights.bin'), 100),
    /encoder.weights\.bin is not the file/,
  ],
  [
    'an empty file',
    () => truncate(join(bundle, 'vocabulary.json'), 0),
    /vocabulary\.json is not the file/,
  ],
  ['a manifest that is no JSON', () => writeFile(join(bundle, 'bundle.json'), '{'), /is not JSON/],
  [
    'an unknown format',
    () =>
      editManifest((m) => {
        m.formatVersion = 99;
      }),
    /format version 99; this release reads version 1/,
  ],
  [
    'a manifest that lacks a field',
    () =>
      editManifest((m) => {
        delete m.decoder;
      }),
    /bundle\.json.* decoder/,
  ],
  [
    'a model trained on pixels made in another way',
    () =>
      editManifest((m) => {
        (m.preprocessing as { version: string }).version = 'bgr-224';
      }),
    /pixels made by bgr-224; this release makes them by rgb-299/,
  ],
])('refuses %s', async (_, damage, message) => {
  await damage();
  await expect(loadBundle(bundle)).rejects.toThrow(message);
});

it.each([
  { right: 'int8', exact: true, instead: 'computing it exactly, which is slower' },
  { right: 'fp32', exact: false, instead: 'using the slower fp32 encoder' },
] as const)(
  'falls back to $right (exact: $exact), with one warning, where int8 fails the probe',
  async ({ right, exact, instead }) => {
    const loaded = await loadBundle(original);
    const engine = await createEngine('onnx', { threads: 1 });
    const expected = await engine.loadGraph(loaded, 'encoder', right);
    // An engine whose int8 graph is wrong, as on a CPU that clips sums of products.
    const wrong: typeof engine = {
      name: 'onnx',
      async loadGraph(...args) {
        const graph = await engine.loadGraph(...args);
        const [, , precision, options] = args;
        if (precision === right && options?.exact === exact) return graph;
        return {
          ...graph,
          run: async () => ({ grid: Float32Array.from({ length: 64 * 2048 }, (_, i) => i % 2) }),
        };
      },
    };
    const warnings: string[] = [];
    const encoder = await createEncoder({
      engine: wrong,
      bundle: loaded,
      onWarning: (message) => warnings.push(message),
    });
    expect(encoder.precision).toBe(right);
    expect(encoder.graphHash).toBe(expected.hash);
    expect(warnings).toEqual([expect.stringContaining(instead)]);
  },
);
