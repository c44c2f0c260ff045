// What a real Keras computed (test/fixtures/keras), computed again by what was imported from its files.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FEATURE_SIZE, IMAGE_SIZE } from '@caption-queue/contract/bundle';
import { createStepDecoder } from '@caption-queue/model/decoder';
import { pooledOf } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import type { GraphSource } from '@caption-queue/model/engines/engine';
import { generateCaptions } from '@caption-queue/model/generation/generate-captions';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import { beginTokenId, endTokenId } from '@caption-queue/model/vocabulary';
import {
  type CaptionerFiles,
  type ImportedCaptioner,
  importCaptioner,
} from '@caption-queue/training/import-keras/import-captioner';
import { importEncoder } from '@caption-queue/training/import-keras/import-encoder';
import { readKerasFile } from '@caption-queue/training/import-keras/keras-file';
import { measurePadding, readPaddingFirst } from '@caption-queue/training/import-keras/padding';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { availableEngines } from '../../support/model/engines.ts';
import {
  type ExpectedCaptions,
  type ExpectedFeatures,
  gridOfPhoto,
  patternPixels,
  readExpected,
  unpackKerasFixtures,
} from '../../support/model/keras-fixtures.ts';
import { relativeDifference } from '../../support/numbers/compare.ts';

/** Below this log-probability (one in a billion) float32 leaves nothing to compare. */
const LEAST_LOG_PROB = -20;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-keras-'));
  await unpackKerasFixtures(folder);
});
afterAll(() => rm(folder, { recursive: true }));

function load(files: Omit<CaptionerFiles, 'marks'>): Promise<ImportedCaptioner> {
  const at = (name: string) => join(folder, name);
  return importCaptioner({
    captioner: at(files.captioner),
    tokenizer: at(files.tokenizer),
    ...(files.weights && { weights: at(files.weights) }),
    marks: {},
  });
}

async function decoderOf(
  { models, vocabulary }: Pick<ImportedCaptioner, 'models' | 'vocabulary'>,
  engine = 'onnx' as 'onnx' | 'tfjs',
) {
  return createStepDecoder({
    engine: await createEngine(engine, { threads: 1 }),
    bundle: {
      vocabulary,
      loadModel: async (part) => (part === 'decoder/start' ? models.start : models.step),
      loadActivationRanges: async () => ({}),
    },
    precision: 'fp32',
  });
}

/** Token ids of a caption of a fixture, the end's last. */
function tokensOf({ vocabulary }: ImportedCaptioner, caption: string): number[] {
  return [...caption.split(' ').map((word) => vocabulary.tokenIdOf(word)), endTokenId];
}

const captioners = [
  {
    what: "Keras 2's JSON, weights and pickle",
    expected: 'seed',
    files: { captioner: 'seed.json', weights: 'seed.hdf5', tokenizer: 'tokenizer-4.pickle' },
  },
  {
    what: "Keras 2's whole model, with a hard sigmoid and a softmax of its own",
    expected: 'custom',
    files: { captioner: 'custom.h5', tokenizer: 'tokenizer-2.pickle' },
  },
  {
    what: "Keras 3's whole model and tokenizer JSON",
    expected: 'keras3',
    files: { captioner: 'keras3.h5', tokenizer: 'keras3.tokenizer.json' },
  },
  {
    what: "Keras 3's JSON and .weights.h5",
    expected: 'keras3',
    files: {
      captioner: 'keras3.json',
      weights: 'keras3.weights.h5',
      tokenizer: 'keras3.tokenizer.json',
    },
  },
];

describe.each(availableEngines())('a captioner on %s', (engine) => {
  it.each(captioners)('gives words the probabilities Keras gives: $what', async (captioner) => {
    const { wordIndex, photos } = await readExpected<ExpectedCaptions>(captioner.expected);
    const imported = await load(captioner.files);
    const decoder = await decoderOf(imported, engine);
    const tokenIds = Object.entries(wordIndex).map(([word, kerasId]) => ({
      kerasId,
      token:
        { startseq: beginTokenId, endseq: endTokenId }[word] ?? imported.vocabulary.tokenIdOf(word),
    }));
    let compared = 0;
    for (const [photo, { caption, logProbs }] of photos.entries()) {
      let state = await decoder.start(gridOfPhoto(photo));
      const entering = [beginTokenId, ...tokensOf(imported, caption)];
      for (const [i, expected] of logProbs.entries()) {
        const also = tokenIds.map(({ token }) => token);
        const step = await decoder.step(state, Int32Array.of(entering[i] as number), { also });
        for (const [place, { kerasId }] of tokenIds.entries()) {
          const wanted = expected[kerasId] as number;
          if (wanted < LEAST_LOG_PROB) continue;
          expect(Math.abs((step.logProbs[1 + place] as number) - wanted)).toBeLessThan(1e-4);
          compared++;
        }
        state = step.next;
      }
    }
    expect(compared).toBeGreaterThan(200);
    await decoder.dispose();
  });

  it.each(captioners)('says what Keras says: $what', async (captioner) => {
    const { photos } = await readExpected<ExpectedCaptions>(captioner.expected);
    const imported = await load(captioner.files);
    const decoder = await decoderOf(imported, engine);
    for (const [photo, { caption }] of photos.entries()) {
      const { alternatives } = await generateCaptions({
        decoder,
        grid: gridOfPhoto(photo),
        vocabulary: imported.vocabulary,
        options: { beamWidth: 1, maxLength: 10, lengthPenalty: 0, alternatives: 1 },
      });
      expect(alternatives[0]?.caption).toBe(caption);
    }
    await decoder.dispose();
  });
});

describe.each(availableEngines())('a captioner without mask on %s', (engine) => {
  it('starts as Keras does, and says by how much it differs later', async () => {
    const { photos } = await readExpected<ExpectedCaptions>('unmasked');
    const imported = await load({ captioner: 'unmasked.h5', tokenizer: 'tokenizer-4.pickle' });
    expect(imported.isMasked).toBe(false);
    const length = imported.maxLength as number;
    const grid = gridOfPhoto(0);
    const before = await decoderOf(imported, engine);
    const models = await readPaddingFirst(imported.models, { decoder: before, grid, length });
    const decoder = await decoderOf({ ...imported, models }, engine);
    // The first word is exact.
    for (const [photo, { logProbs }] of photos.entries()) {
      const { logProbs: ours } = await decoder.step(
        await decoder.start(gridOfPhoto(photo)),
        Int32Array.of(beginTokenId),
      );
      const likeliest = Math.max(...(logProbs[0] as number[]));
      expect(ours[0]).toBeCloseTo(likeliest, 3);
    }
    // Of the whole caption the reported difference is the one to what Keras itself computed.
    const { difference, words } = await measurePadding(decoder, { grid, length });
    const { caption, logProbs } = photos[0] as ExpectedCaptions['photos'][number];
    const tokens = tokensOf(imported, caption);
    let state = await decoder.start(grid);
    let greatest = 0;
    for (let i = 0; i < logProbs.length; i++) {
      const entering = i === 0 ? beginTokenId : (tokens[i - 1] as number);
      const also = [tokens[i] as number];
      const step = await decoder.step(state, Int32Array.of(entering), { also });
      const wanted = Math.max(...(logProbs[i] as number[]));
      const ours = step.logProbs[1] as number;
      greatest = Math.max(greatest, Math.abs(ours - wanted));
      state = step.next;
    }
    expect(words).toBe(tokens.length);
    expect(difference).toBeCloseTo(greatest, 3);
    expect(difference).toBeGreaterThan(0);
  });
});

const encoders = [
  { what: 'weights of Keras 2 without top', name: 'inception-weights.h5' },
  { what: 'a whole model of Keras 3 with its top', name: 'inception-model.h5' },
  { what: 'weights of Keras 3, kind by kind', name: 'inception.weights.h5' },
];

describe.each(availableEngines())('InceptionV3 on %s', (name) => {
  it.each(encoders)('sees what Keras sees: $what', async (fixture) => {
    const expected = await readExpected<ExpectedFeatures>(fixture.name);
    const { encoder, classifier } = importEncoder(await readKerasFile(join(folder, fixture.name)));
    const engine = await createEngine(name, { threads: 1 });
    const source = (model: LayersModel): GraphSource => ({
      loadModel: async () => model,
      loadActivationRanges: async () => ({}),
    });
    const graph = await engine.loadGraph(source(encoder), 'encoder', 'fp32');
    const { grid } = await graph.run({
      pixels: { data: patternPixels(), shape: [1, IMAGE_SIZE, IMAGE_SIZE, 3] },
    });
    const pooled = pooledOf(grid as Float32Array);
    const cell = (grid as Float32Array)
      .subarray((3 * 8 + 5) * FEATURE_SIZE)
      .subarray(0, FEATURE_SIZE);
    expect(
      relativeDifference(everyEighth(pooled), Float32Array.from(expected.pooled)),
    ).toBeLessThan(1e-3);
    expect(relativeDifference(everyEighth(cell), Float32Array.from(expected.cell))).toBeLessThan(
      1e-3,
    );
    await graph.dispose();
    expect(classifier !== undefined).toBe(expected.predictions !== undefined);
    if (!classifier || !expected.predictions) return;
    const top = await engine.loadGraph(source(classifier), 'classifier', 'fp32');
    const { predictions } = await top.run({ pooled: { data: pooled, shape: [1, FEATURE_SIZE] } });
    expect(
      relativeDifference(
        everyEighth(predictions as Float32Array),
        Float32Array.from(expected.predictions),
      ),
    ).toBeLessThan(1e-3);
    await top.dispose();
  });
});

function everyEighth(values: Float32Array): Float32Array {
  return values.filter((_, i) => i % 8 === 0);
}
