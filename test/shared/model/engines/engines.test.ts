// One suite that every engine must pass, on small random bundles of both decoder kinds.
import { join } from 'node:path';
import { PIXELS_BYTES } from '@caption-queue/contract/bundle';
import type { Bundle } from '@caption-queue/model/bundle';
import { createStepDecoder } from '@caption-queue/model/decoder';
import { createEncoder, type Encoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { areFeatures, unpackGrid } from '@caption-queue/model/features';
import { generateCaptions } from '@caption-queue/model/generation/generate-captions';
import { selectRows } from '@caption-queue/model/generation/step-decoder';
import { beforeAll, describe, expect, it } from 'vitest';
import { useFolder } from '../../../support/folder.ts';
import { availableEngines } from '../../../support/model/engines.ts';
import { likeliestOf } from '../../../support/model/likeliest.ts';
import { writeTinyBundle } from '../../../support/model/tiny-bundle.ts';
import { relativeDifference } from '../../../support/numbers/compare.ts';
import { createRandom } from '../../../support/numbers/random.ts';

const random = createRandom(7);
const pixels = Uint8Array.from({ length: PIXELS_BYTES }, () => Math.floor(random() * 256));

const directory = useFolder();
let attention: Bundle;
let merge: Bundle;

beforeAll(async () => {
  attention = await writeTinyBundle({ directory: join(directory, 'attention') });
  merge = await writeTinyBundle({ directory: join(directory, 'merge'), kind: 'merge' });
});

describe.each(availableEngines())('the %s engine', (name) => {
  let reference: Encoder;
  let encoder: Encoder;

  beforeAll(async () => {
    const onnx = await createEngine('onnx', { threads: 1 });
    reference = await createEncoder({ engine: onnx, bundle: attention, precision: 'fp32' });
    const engine = await createEngine(name, { threads: 1 });
    encoder = await createEncoder({ engine, bundle: attention, precision: 'fp32' });
  });

  it('makes the same features of the same pixels', async () => {
    const features = await encoder.encode(pixels);
    expect(areFeatures(features)).toBe(true);
    const expected = unpackGrid(await reference.encode(pixels));
    expect(relativeDifference(expected, unpackGrid(features))).toBeLessThan(1e-3);
  });

  it.each(['attention', 'merge'] as const)(
    'runs a step of the %s decoder for several rows as for each alone',
    async (kind) => {
      const bundle = kind === 'attention' ? attention : merge;
      const decoder = await createStepDecoder({
        engine: await createEngine(name, { threads: 1 }),
        bundle,
      });
      const start = await decoder.start(unpackGrid(await reference.encode(pixels)));
      const first = await decoder.step(start, Int32Array.of(1));
      const rows = selectRows(first.next, [0, 0, 0], decoder.units);
      const tokens = [4, 9, 15];
      // The three likeliest, then all of the vocabulary.
      const all = Array.from({ length: decoder.vocabularySize }, (_, token) => token);
      const wanted = { count: 3, also: all };
      const width = 3 + all.length;
      const together = await decoder.step(rows, Int32Array.from(tokens), wanted);
      for (const [row, token] of tokens.entries()) {
        const alone = await decoder.step(first.next, Int32Array.of(token), wanted);
        const logProbs = together.logProbs.subarray(row * width, (row + 1) * width);
        expect(relativeDifference(alone.logProbs, logProbs)).toBeLessThan(1e-5);
        const likeliest = likeliestOf(logProbs.subarray(3), 3);
        const candidates = together.candidates.subarray(row * width, (row + 1) * width);
        expect(Array.from(candidates)).toEqual([...likeliest, ...all]);
        expect(Array.from(logProbs.subarray(0, 3))).toEqual(
          likeliest.map((token) => logProbs[3 + token]),
        );
        const chances = logProbs.subarray(3).map(Math.exp);
        expect(chances.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      }
      // One candidate where nothing else is wanted.
      expect(first.candidates).toHaveLength(1);
      expect(first.logProbs).toHaveLength(1);
      if (kind === 'attention') {
        const sum = together.attention?.subarray(0, 64).reduce((a, b) => a + b, 0);
        expect(sum).toBeCloseTo(1, 5);
      } else {
        expect(together.attention).toBeUndefined();
      }
      await decoder.dispose();
    },
  );

  it.each(['attention', 'merge'] as const)(
    'generates the same captions with the %s decoder',
    async (kind) => {
      const bundle = kind === 'attention' ? attention : merge;
      const features = await reference.encode(pixels);
      const captionsOf = async (engineName: 'onnx' | 'tfjs') => {
        const decoder = await createStepDecoder({
          engine: await createEngine(engineName, { threads: 1 }),
          bundle,
        });
        const options = { ...bundle.manifest.generation, alternatives: 3 };
        return generateCaptions({
          decoder,
          grid: unpackGrid(features),
          vocabulary: bundle.vocabulary,
          options,
        });
      };
      const expected = await captionsOf('onnx');
      const captions = await captionsOf(name);
      expect(captions.alternatives.map((a) => a.caption)).toEqual(
        expected.alternatives.map((a) => a.caption),
      );
      expect(captions.words.map((w) => w.text).join(' ')).toBe(captions.alternatives[0]?.caption);
      for (const [i, { logProb }] of captions.alternatives.entries()) {
        expect(logProb).toBeCloseTo(expected.alternatives[i]?.logProb as number, 4);
      }
    },
  );
});
