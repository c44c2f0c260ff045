// What a classifier sees in the encoder's pooled features: the encoder's own, of ImageNet's classes, the one that tells
// which nouns people would use, or the one that tells what kind of picture it is.
import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import type { Engine, GraphSource } from './engines/engine.ts';

export interface Classifier {
  /** @param pooled `[2048]` @returns the probability of each class, in their order */
  classify(pooled: Float32Array): Promise<Float32Array>;
  dispose(): Promise<void>;
}

export async function createClassifier({
  engine,
  bundle,
  part = 'classifier',
}: {
  engine: Engine;
  bundle: GraphSource;
  part?: 'classifier' | 'noun-classifier' | 'kind-classifier';
}): Promise<Classifier> {
  const graph = await engine.loadGraph(bundle, part, 'fp32');
  return {
    async classify(pooled) {
      const { predictions } = await graph.run({
        pooled: { data: pooled, shape: [1, FEATURE_SIZE] },
      });
      return predictions as Float32Array;
    },
    dispose: () => graph.dispose(),
  };
}
