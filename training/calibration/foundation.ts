// What a bundle knows before its chances are fitted: what is familiar, and which nouns people use. It learns that from
// the photos that it was trained on, or has it from an earlier calibration.

import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import type { Bundle } from '@caption-queue/model/bundle';
import { createClassifier } from '@caption-queue/model/classifier';
import type { Engine, GraphSource } from '@caption-queue/model/engines/engine';
import type { LayersModel } from '@caption-queue/model/layers-model/layers-model';
import type { InsightSource } from '@caption-queue/model/trust/insight';
import type { TensorFlow } from '../fit/tensorflow-types.ts';
import { listNouns } from '../nouns/list-nouns.ts';
import { openWordNet } from '../nouns/wordnet.ts';
import type { TrainingPhotos } from './labelled-photos.ts';
import { trainNounClassifier } from './noun-classifier.ts';
import { createJudge } from './right.ts';

export interface Foundation extends Pick<InsightSource, 'nouns' | 'calibration'> {
  /** Has the noun classifier. */
  model: GraphSource;
  /** The noun classifier, when it was learned just now. */
  learned?: LayersModel;
}

/** How unfamiliar pictures are captioned. */
export type GuidanceSettings = InsightSource['calibration']['guidance'];

/** @param pooled features of the training photos, `[N, 2048]` */
export async function learnFoundation(
  tf: TensorFlow,
  {
    bundle,
    engine,
    pooled,
    captions,
    guidance,
  }: {
    bundle: Bundle;
    engine: Engine;
    pooled: Float32Array;
    captions: TrainingPhotos['captions'];
    guidance: GuidanceSettings;
  },
): Promise<Foundation> {
  const nouns = listNouns(bundle.vocabulary, openWordNet());
  const judge = createJudge(nouns, await bundle.loadWords());
  const { judgedNouns, model } = trainNounClassifier(tf, { pooled, captions, nouns, judge });
  const meanClassProbabilities = await meanProbabilities({ bundle, engine, pooled });
  return {
    nouns,
    calibration: { meanClassProbabilities, judgedNouns, guidance },
    learned: model,
    model: { loadModel: async () => model, loadActivationRanges: bundle.loadActivationRanges },
  };
}

async function meanProbabilities({
  bundle,
  engine,
  pooled,
}: {
  bundle: Bundle;
  engine: Engine;
  pooled: Float32Array;
}): Promise<number[]> {
  const classifier = await createClassifier({ engine, bundle });
  const photos = pooled.length / FEATURE_SIZE;
  let sums: number[] = [];
  for (let photo = 0; photo < photos; photo++) {
    const features = pooled.slice(photo * FEATURE_SIZE, (photo + 1) * FEATURE_SIZE);
    const probabilities = await classifier.classify(features);
    sums = Array.from(probabilities, (probability, index) => (sums[index] ?? 0) + probability);
  }
  await classifier.dispose();
  return sums.map((sum) => Number((sum / photos).toPrecision(4)));
}
