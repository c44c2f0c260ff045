// Training on a tiny data set with made-up features: it learns, leaks nothing, and resumes exactly.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FEATURE_SIZE, GRID_CELLS } from '@caption-queue/contract/bundle';
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import { toFloat16Bits } from '@caption-queue/model/float16';
import { planConvolutions } from '@caption-queue/model/layers-model/convolution-plan';
import { prepareCaptions } from '@caption-queue/training/dataset/prepare-captions';
import { readDataset } from '@caption-queue/training/dataset/read-dataset';
import {
  FEATURE_FORMAT_VERSION,
  type FeatureFile,
  type FeatureRequest,
} from '@caption-queue/training/features/feature-file';
import { type Checkpoint, loadBest, loadCheckpoint } from '@caption-queue/training/fit/checkpoint';
import { type FitRequest, fitDecoder } from '@caption-queue/training/fit/fit-decoder';
import type { FitSettings } from '@caption-queue/training/fit/settings';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../../support/folder.ts';
import { hasTensorFlow } from '../../support/model/engines.ts';
import { writeTinyBundle } from '../../support/model/tiny-bundle.ts';
import { relativeDifference } from '../../support/numbers/compare.ts';
import { createRandom } from '../../support/numbers/random.ts';
import { tinyClassifier } from '../../support/training/tiny-networks.ts';

const tinyDataset = fileURLToPath(new URL('../../fixtures/tiny-dataset', import.meta.url));

/** A grid of its own for each file, so that captions can be told apart. */
function madeUpFeatures(files: string[], channels = FEATURE_SIZE): FeatureFile {
  const grids = new Map(
    files.map((file, index) => {
      const random = createRandom(index);
      const values = Float32Array.from({ length: GRID_CELLS * channels }, () =>
        Math.max(0, random() - 0.6),
      );
      return [file, toFloat16Bits(values)];
    }),
  );
  return {
    index: {
      formatVersion: FEATURE_FORMAT_VERSION,
      graphHash: '',
      precision: '',
      layer: 'mixed10',
      channels,
      pooled: channels !== FEATURE_SIZE,
      preprocessing: '',
      flipped: true,
      files,
    },
    has: (file) => grids.has(file),
    readGrid: ({ file, target, offset }: FeatureRequest) =>
      target.set(grids.get(file) as Uint16Array, offset),
    readPooled: ({ target, offset }) => target.fill(0, offset, offset + FEATURE_SIZE),
    close() {},
  };
}

const settingsOf = (decoder: FitSettings['decoder'], epochs: number): FitSettings => ({
  decoder,
  sizes: {
    vocabularySize: 0,
    embeddingSize: 48,
    units: 48,
    annotationSize: 32,
    attentionSize: 16,
  },
  dropout: 0.2,
  labelSmoothing: 0.05,
  rate: 0.01,
  decay: 0.01,
  clipNorm: 5,
  epochs,
  batchSize: 2,
  maximumWords: 20,
  flipShare: 0.5,
  patience: epochs,
  averaging: 0,
  seed: 1,
});

describe.skipIf(!hasTensorFlow())('training on a tiny data set', () => {
  const tf = loadTensorFlow();
  const folder = useFolder();
  let request: Pick<FitRequest, 'data' | 'features'>;

  beforeAll(async () => {
    const dataset = await readDataset(tinyDataset);
    const data = prepareCaptions(dataset, { minimumCount: 1, maximumWords: 20 });
    const files = [...dataset.train, ...dataset.dev].map(({ file }) => file);
    request = { data, features: madeUpFeatures(files) };
  });

  const train = (name: string, settings: FitSettings, more: Partial<FitRequest> = {}) => {
    settings.sizes.vocabularySize = request.data.vocabulary.size;
    return fitDecoder(tf, { ...request, settings, folder: join(folder, name), ...more });
  };

  it.each(['attention', 'merge'] as const)(
    'the %s decoder learns, and leaves no tensor behind',
    async (decoder) => {
      const before = tf.memory().numTensors;
      const state = await train(decoder, settingsOf(decoder, 25));
      expect(tf.memory().numTensors).toBe(before);
      const losses = state.epochs.map(({ loss }) => loss);
      expect(losses).toHaveLength(25);
      // Guessing costs the logarithm of the vocabulary's size, 4.7.
      expect(losses[0]).toBeGreaterThan(4);
      expect(losses.at(-1)).toBeLessThan(3);
    },
    180_000,
  );

  it('a run that was stopped in mid-epoch and resumed ends with the weights of an unbroken one', async () => {
    const settings = settingsOf('attention', 4);
    await train('unbroken', settings);
    const stopped = join(folder, 'stopped');
    const controller = new AbortController();
    const state = await train('stopped', settings, {
      signal: controller.signal,
      onStep: ({ step }) => {
        if (step === 5) controller.abort();
      },
    });
    expect(state.step).toBe(5);
    await train('stopped', settings, { checkpoint: await loadCheckpoint(stopped) });

    const [wanted, resumed] = await Promise.all(
      ['unbroken', 'stopped'].map((name) => loadCheckpoint(join(folder, name))),
    );
    expect(resumed?.state.epochs.map(({ scores }) => scores)).toEqual(
      wanted?.state.epochs.map(({ scores }) => scores),
    );
    expect(resumed?.values.size).toBeGreaterThan(20);
    for (const [name, values] of wanted?.values ?? []) {
      const others = resumed?.values.get(name) as Float32Array;
      expect(relativeDifference(values, others), name).toBeLessThan(1e-5);
    }
  }, 180_000);

  describe('of the encoder too', () => {
    let encoder: NonNullable<FitRequest['encoder']>;
    let inner: FeatureFile;
    const settings = (epochs: number): FitSettings => ({
      ...settingsOf('attention', epochs),
      averaging: 0.9,
      tuning: { layer: 'activation_2', rate: 0.003, distillation: 1 },
    });
    beforeAll(async () => {
      const bundle = await writeTinyBundle({ directory: join(folder, 'bundle') });
      encoder = {
        model: await bundle.loadModel('encoder'),
        classifier: tinyClassifier(),
      };
      inner = madeUpFeatures(request.features.index.files, 8);
    });

    it('learns, leaves no tensor behind, and resumes exactly', async () => {
      const before = tf.memory().numTensors;
      const more = { encoder, features: inner };
      const state = await train('tuned', settings(15), more);
      expect(tf.memory().numTensors).toBe(before);
      expect(state.epochs.at(-1)?.loss).toBeLessThan((state.epochs[0]?.loss as number) - 0.5);

      const controller = new AbortController();
      const onStep = ({ step }: { step: number }) => step === 8 && controller.abort();
      await train('tuned-stopped', settings(15), { ...more, signal: controller.signal, onStep });
      const checkpoint = await loadCheckpoint(join(folder, 'tuned-stopped'));
      await train('tuned-stopped', settings(15), { ...more, checkpoint });
      const [wanted, resumed] = await Promise.all(
        ['tuned', 'tuned-stopped'].map((name) => loadCheckpoint(join(folder, name))),
      );
      for (const [name, values] of wanted?.values ?? []) {
        const others = resumed?.values.get(name) as Float32Array;
        expect(relativeDifference(values, others), name).toBeLessThan(1e-4);
      }
      const kernel = wanted?.values.get('conv2d_3/kernel') as Float32Array;
      const untuned = planConvolutions(encoder.model).steps.at(-1) as { kernel: Float32Array };
      expect(relativeDifference(untuned.kernel, kernel)).toBeGreaterThan(0.001);
    }, 180_000);

    it('goes on self-critically: the reward rises, and blocks without a rate stay', async () => {
      const initial = (await loadCheckpoint(join(folder, 'tuned')))?.values ?? new Map();
      const rewards: number[] = [];
      const before = tf.memory().numTensors;
      await train(
        'self-critical',
        {
          ...settings(16),
          rate: 0.003,
          averaging: 0,
          tuning: { layer: 'activation_2', rate: 0, distillation: 0 },
          selfCritical: { samples: 4, candidates: 6, crossEntropy: 0 },
        },
        { encoder, features: inner, initial, onStep: ({ reward }) => rewards.push(reward ?? 0) },
      );
      expect(tf.memory().numTensors).toBe(before);
      const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length;
      expect(mean(rewards.slice(-12))).toBeGreaterThan(1.2 * mean(rewards.slice(0, 12)));
      const { values } = await loadBest(join(folder, 'self-critical'));
      expect(values.get('conv2d_3/kernel')).toEqual(initial.get('conv2d_3/kernel'));
      expect(values.get('lstm/kernel')).not.toEqual(initial.get('lstm/kernel'));
    }, 180_000);
  });

  it('self-critically with dropout: draws the same captions, and learns them otherwise', async () => {
    const selfCritical = { samples: 4, candidates: 6, crossEntropy: 0.2 };
    const rewards: number[] = [];
    const kernels: Float32Array[] = [];
    for (const [name, dropout] of Object.entries({ without: undefined, half: 0.5, again: 0.5 })) {
      const settings = {
        ...settingsOf('attention', 1),
        batchSize: 5,
        selfCritical: { ...selfCritical, ...(dropout && { dropout }) },
      };
      const before = tf.memory().numTensors;
      await train(name, settings, { onStep: ({ reward = -1 }) => rewards.push(reward) });
      expect(tf.memory().numTensors).toBe(before);
      const { values } = (await loadCheckpoint(join(folder, name))) as Checkpoint;
      kernels.push(values.get('lstm/kernel') as Float32Array);
    }
    const [without, half, again] = kernels as [Float32Array, Float32Array, Float32Array];
    expect(new Set(rewards).size).toBe(1);
    expect(relativeDifference(without, half)).toBeGreaterThan(1e-3);
    expect(relativeDifference(half, again)).toBeLessThan(1e-5);
  }, 180_000);

  it('keeps the weights of the best epoch', async () => {
    const settings = settingsOf('merge', 6);
    const seen: number[] = [];
    await train('best', settings, { onEpoch: ({ scores }) => seen.push(scores.cider) });
    const best = await loadBest(join(folder, 'best'));
    expect(best.state.epochs.at(-1)?.scores.cider).toBe(Math.max(...seen));
    expect([...best.values.keys()].every((name) => !name.endsWith('/first'))).toBe(true);
  }, 180_000);

  it('stops early when the dev score no longer rises', async () => {
    // Nothing is learned at this rate, so no epoch is better than the first.
    const settings = { ...settingsOf('merge', 9), rate: 1e-6, patience: 2 };
    const state = await train('early', settings);
    expect(state.epochs).toHaveLength(3);
  }, 180_000);

  it('refuses a damaged checkpoint with a clear line', async () => {
    const path = join(folder, 'best', 'best.safetensors');
    const bytes = await readFile(path);
    await writeFile(path, bytes.subarray(0, -9));
    await expect(loadBest(join(folder, 'best'))).rejects.toThrow(/damaged/);
  });
});
