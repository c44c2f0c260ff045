// Learning kinds from features: what tells them apart is found, and a large source doesn't outvote the others.
import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import { pictureKinds } from '@caption-queue/contract/kind';
import { createClassifier } from '@caption-queue/model/classifier';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { loadTensorFlow } from '@caption-queue/model/engines/tfjs/tensorflow';
import { likeliestKind } from '@caption-queue/model/trust/kind';
import {
  type KindExample,
  trainKindClassifier,
} from '@caption-queue/training/kinds/kind-classifier';
import { kindsReport } from '@caption-queue/training/kinds/report';
import { createRandom } from '@caption-queue/training/random';
import { describe, expect, it } from 'vitest';
import { hasTensorFlow } from '../../support/model/engines.ts';

const random = createRandom(3);
const BLOCK = 100;
/** Hardly anything, but much in one block. */
function features(place: number): Float32Array {
  const values = Float32Array.from({ length: FEATURE_SIZE }, () => random.next() * 1e-4);
  values.fill(1 + random.next(), place * BLOCK, (place + 1) * BLOCK);
  return values;
}

function pool(rows: Float32Array[]): Float32Array {
  const pooled = new Float32Array(rows.length * FEATURE_SIZE);
  for (const [n, row] of rows.entries()) pooled.set(row, n * FEATURE_SIZE);
  return pooled;
}

/** Where drawings of the small source differ. */
const SMALL = 10;

describe.skipIf(!hasTensorFlow())('kinds', () => {
  it('are learned from what tells them apart, small sources as well as large ones', async () => {
    // Drawings look one way in the large source and another in the small one.
    const places = pictureKinds.map((_, index) => index);
    const examples: (KindExample & { place: number })[] = pictureKinds.flatMap((kind, index) =>
      Array.from({ length: 60 }, () => ({ kind, source: 'large', place: places[index] as number })),
    );
    for (let n = 0; n < 12; n++) examples.push({ kind: 'drawing', source: 'small', place: SMALL });
    const model = trainKindClassifier(loadTensorFlow(), {
      pooled: pool(examples.map(({ place }) => features(place))),
      examples,
    });
    const classifier = await createClassifier({
      engine: await createEngine('onnx', { threads: 1 }),
      bundle: { loadModel: async () => model, loadActivationRanges: async () => ({}) },
      part: 'kind-classifier',
    });
    const kinds: string[] = [];
    for (const place of [...places, SMALL]) {
      kinds.push(likeliestKind(await classifier.classify(features(place))).kind);
    }
    await classifier.dispose();
    expect(kinds).toEqual([...pictureKinds, 'drawing']);
  }, 60_000);
});

it('the report says what is taken for what, and which photos are lost', () => {
  const judged = (source: string, kind: 'photo' | 'chart', judged: 'photo' | 'chart') => ({
    source,
    kind,
    judged,
  });
  const report = kindsReport([
    judged('plots', 'chart', 'chart'),
    judged('plots', 'chart', 'photo'),
    judged('holiday', 'photo', 'photo'),
    judged('holiday', 'photo', 'photo'),
    judged('studio', 'photo', 'chart'),
    judged('studio', 'photo', 'photo'),
  ]);
  expect(report).toContain('| photo | 3 | 0 | 0 | 1 | 0 | 0 | 75.0 % |');
  expect(report).toContain('| chart | 1 | 0 | 0 | 1 | 0 | 0 | 50.0 % |');
  expect(report).toContain(
    'Of 2 graphics the kind of 50.0 % is right, and 50.0 % are taken for photos',
  );
  expect(report).toContain('| studio | 2 | 1 (50.0 %) |');
  expect(report).toContain('| holiday | 2 | 0 (0.0 %) |');
});
