// The shipped bundle on real photos, on every engine and precision that serves it.
import { readFile } from 'node:fs/promises';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { type Bundle, DEFAULT_BUNDLE, loadBundle } from '@caption-queue/model/bundle';
import { createClassifier } from '@caption-queue/model/classifier';
import { createStepDecoder } from '@caption-queue/model/decoder';
import { cosine, createEncoder, pooledOf } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import type { EngineName, Precision } from '@caption-queue/model/engines/engine';
import { unpackGrid } from '@caption-queue/model/features';
import { generateCaptions } from '@caption-queue/model/generation/generate-captions';
import { tagsOf } from '@caption-queue/model/trust/names';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { hasTensorFlow } from '../support/model/engines.ts';
import { relativeDifference } from '../support/numbers/compare.ts';

/** Dozens of photos through the whole encoder: a minute on a machine that is busy otherwise. */
vi.setConfig({ testTimeout: 180_000 });

const setups: { engine: EngineName; precision: Precision }[] = [
  { engine: 'onnx', precision: 'int8' },
  { engine: 'onnx', precision: 'fp32' },
];
if (hasTensorFlow()) setups.push({ engine: 'tfjs', precision: 'fp32' });

/** What ImageNet calls the photos whose subject it has a class for. */
const subjects = {
  'cat.jpg': 'Egyptian cat',
  'coffee.jpg': 'espresso',
  'camera-man.jpg': 'tripod',
};
/** The first is the one of the kind that the model was trained on: people and dogs outdoors. */
const photos = [
  'dog.jpg',
  'cat.jpg',
  'coffee.jpg',
  'camera-man.jpg',
  'astronaut.jpg',
  'temple.jpg',
];

let bundle: Bundle;
const pixels = new Map<string, Uint8Array>();

beforeAll(async () => {
  bundle = await loadBundle(DEFAULT_BUNDLE);
  for (const photo of photos) {
    const bytes = await readFile(new URL(`../fixtures/photos/${photo}`, import.meta.url));
    pixels.set(photo, (await normaliseImage(bytes)).pixels);
  }
});

async function featuresBy({ engine: name, precision }: (typeof setups)[number]) {
  const engine = await createEngine(name, { threads: 1 });
  const encoder = await createEncoder({ engine, bundle, precision });
  const features = new Map<string, Uint8Array>();
  for (const photo of photos) {
    features.set(photo, await encoder.encode(pixels.get(photo) as Uint8Array));
  }
  await encoder.dispose();
  return features;
}

async function captionsBy(
  { engine: name, precision }: (typeof setups)[number],
  features: Map<string, Uint8Array>,
) {
  const decoder = await createStepDecoder({
    engine: await createEngine(name, { threads: 1 }),
    bundle,
    precision,
  });
  const captions: Record<string, string> = {};
  for (const photo of photos) {
    const { alternatives } = await generateCaptions({
      decoder,
      grid: unpackGrid(features.get(photo) as Uint8Array),
      vocabulary: bundle.vocabulary,
      options: { ...bundle.manifest.generation, alternatives: 1 },
    });
    captions[photo] = alternatives[0]?.caption as string;
  }
  await decoder.dispose();
  return captions;
}

describe.each(setups)('$engine in $precision', (setup) => {
  it('sees what the photos show: encoder and classifier name them right', async () => {
    const features = await featuresBy(setup);
    const engine = await createEngine(setup.engine, { threads: 1 });
    const classifier = await createClassifier({ engine, bundle });
    for (const [photo, subject] of Object.entries(subjects)) {
      const pooled = pooledOf(unpackGrid(features.get(photo) as Uint8Array));
      const [first] = tagsOf(await classifier.classify(pooled), await bundle.loadLabels());
      expect({ photo, sees: first?.name }).toEqual({ photo, sees: subject });
    }
  });

  it('computes the features of the float32 graph on ONNX Runtime', async () => {
    const expected = await featuresBy({ engine: 'onnx', precision: 'fp32' });
    const features = await featuresBy(setup);
    for (const photo of photos) {
      const a = unpackGrid(expected.get(photo) as Uint8Array);
      const b = unpackGrid(features.get(photo) as Uint8Array);
      expect(cosine(pooledOf(a), pooledOf(b))).toBeGreaterThan(0.99);
      if (setup.precision === 'fp32') expect(relativeDifference(a, b)).toBeLessThan(1e-3);
    }
  });
});

it('tells photos apart, and says what is on one that it was made for', async () => {
  const setup = { engine: 'onnx', precision: 'int8' } as const;
  const captions = await captionsBy(setup, await featuresBy(setup));
  expect(captions['dog.jpg']).toMatch(/\bdog\b/);
  // The others are unlike anything the model was trained on, so two may look the same to it.
  expect(new Set(Object.values(captions)).size).toBeGreaterThan(photos.length / 2);
  for (const caption of Object.values(captions))
    expect(caption.split(' ').length).toBeGreaterThan(3);
});

it.runIf(hasTensorFlow())('captions alike on both engines at the same precision', async () => {
  const [onnx, tfjs] = [
    { engine: 'onnx', precision: 'fp32' } as const,
    { engine: 'tfjs', precision: 'fp32' } as const,
  ];
  expect(await captionsBy(tfjs, await featuresBy(tfjs))).toEqual(
    await captionsBy(onnx, await featuresBy(onnx)),
  );
});
