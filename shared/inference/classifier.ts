// What the encoder's own ImageNet classifier sees, from the same pooled features.
import type { Bundle } from '@caption-queue/captioning/bundle';
import { FEATURE_SIZE } from '@caption-queue/contract/bundle';
import type { Engine } from './engine.ts';

export interface Classifier {
  /** @param pooled `[2048]` @returns all classes, likeliest first */
  classify(pooled: Float32Array): Promise<{ name: string; probability: number }[]>;
  dispose(): Promise<void>;
}

export async function createClassifier({
  engine,
  bundle,
}: {
  engine: Engine;
  bundle: Bundle;
}): Promise<Classifier> {
  const labels = await bundle.loadLabels();
  const graph = await engine.loadGraph(bundle, 'classifier', 'fp32');
  return {
    async classify(pooled) {
      const { predictions } = await graph.run({
        pooled: { data: pooled, shape: [1, FEATURE_SIZE] },
      });
      return Array.from(predictions as Float32Array, (probability, i) => ({
        name: labels[i] as string,
        probability,
      })).sort((a, b) => b.probability - a.probability);
    },
    dispose: () => graph.dispose(),
  };
}
