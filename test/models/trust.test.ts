// What the shipped bundle's confidence is worth on photos of the kind it was made for: its ranking is far from chance.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { normaliseImage } from '@caption-queue/imaging/normalise';
import { DEFAULT_BUNDLE, loadBundle } from '@caption-queue/model/bundle';
import { createPictureCaptioner } from '@caption-queue/model/captioner';
import { createEncoder } from '@caption-queue/model/encoder';
import { createEngine } from '@caption-queue/model/engines/create-engine';
import { areaUnderCurve } from '@caption-queue/training/calibration/ranking';
import { createJudge } from '@caption-queue/training/calibration/right';
import { readDataset } from '@caption-queue/training/dataset/read-dataset';
import { scoringWords } from '@caption-queue/training/metrics/scored-caption';
import { expect, it } from 'vitest';
import { devPhotoFiles, flickr8kIsAvailable } from '../support/pictures/flickr8k.ts';

const PHOTOS = 200;
/** It is 0.80 on all 1,000; of 200 of them, three standard errors lower. */
const LEAST_AUC = 0.7;

it.skipIf(!flickr8kIsAvailable)(
  'confidence tells right captions from wrong ones',
  async () => {
    const bundle = await loadBundle(DEFAULT_BUNDLE);
    const engine = await createEngine('onnx', { threads: 2 });
    const encoder = await createEncoder({ engine, bundle });
    const captioner = await createPictureCaptioner({ engine, bundle });
    const trust = await bundle.loadTrust();
    const judge = createJudge(trust?.nouns ?? {}, trust?.words ?? []);
    const { dev } = await readDataset(process.env.FLICKR8K_DIR as string);
    const captionsOf = new Map(dev.map(({ file, captions }) => [file, captions]));
    const options = { ...bundle.manifest.generation, alternatives: 1 };
    const predictions: { probability: number; right: boolean }[] = [];
    for (const file of await devPhotoFiles(PHOTOS)) {
      const { pixels } = await normaliseImage(await readFile(file));
      const features = await encoder.encode(pixels);
      const { caption, confidence } = await captioner.caption({ features, options });
      const captions = (captionsOf.get(basename(file)) ?? []).map(scoringWords);
      const right = judge.captionIsRight(scoringWords(caption), { kind: 'captions', captions });
      predictions.push({ probability: confidence ?? Number.NaN, right });
    }
    await Promise.all([encoder.dispose(), captioner.dispose()]);
    const auc = areaUnderCurve(predictions);
    console.info(`confidence on ${PHOTOS} dev photos: AUC ${auc.toFixed(3)}`);
    expect(predictions).toHaveLength(PHOTOS);
    expect(auc).toBeGreaterThan(LEAST_AUC);
  },
  300_000,
);
