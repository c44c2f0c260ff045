// From features to all that is said about a picture: the one way it is done, in the worker, on the command line and
// where the model is measured.

import type { CaptionOutput } from '@caption-queue/contract/caption';
import type { Bundle } from './bundle.ts';
import { createClassifier } from './classifier.ts';
import { createStepDecoder } from './decoder.ts';
import { pooledOf } from './encoder.ts';
import type { Engine, GraphSource } from './engines/engine.ts';
import { fromFloat16Bits } from './float16.ts';
import { type GenerationOptions, generateCaptions } from './generation/generate-captions.ts';
import type { GenerationEvent } from './generation/streamer.ts';
import { captionOutput, type Observation } from './output.ts';
import { createInsight, type InsightSource } from './trust/insight.ts';

export interface CaptionRequest {
  /** float16 bits of the grid `[64, 2048]` */
  features: Uint16Array;
  options: Omit<GenerationOptions, 'guidance'>;
  /** Checked between two words. */
  signal?: AbortSignal;
  onEvent?: (event: GenerationEvent) => void;
}

export interface PictureCaptioner {
  /** What was generated and seen, not yet judged. @throws the signal's reason when it aborts */
  observe(request: CaptionRequest): Promise<Observation>;
  /** What is told of an observation; `minConfidence` as in `caption`. */
  judge(observation: Observation, minConfidence?: number): CaptionOutput;
  /**
   * @param minConfidence from which chance on something is fit to be the `alt_text`; default: the bundle's
   * @throws the signal's reason when it aborts
   */
  caption(request: CaptionRequest, minConfidence?: number): Promise<CaptionOutput>;
  dispose(): Promise<void>;
}

/** @param options.insight what is known of a bundle that is being calibrated; default: what it says itself */
export async function createPictureCaptioner({
  engine,
  bundle,
  insight: given,
}: {
  engine: Engine;
  bundle: Bundle;
  insight?: Omit<InsightSource, 'vocabulary'> & { model: GraphSource };
}): Promise<PictureCaptioner> {
  const { vocabulary, hasClassifier } = bundle;
  const decoder = await createStepDecoder({ engine, bundle });
  const classifier = hasClassifier ? await createClassifier({ engine, bundle }) : undefined;
  const labels = hasClassifier ? await bundle.loadLabels() : [];
  const trust = await bundle.loadTrust();
  const source = given ?? (trust && { ...trust, model: bundle });
  const lookAt = source && createInsight({ vocabulary, ...source });
  const nounClassifier =
    source && (await createClassifier({ engine, bundle: source.model, part: 'noun-classifier' }));

  async function observe({ features, options, ...rest }: CaptionRequest): Promise<Observation> {
    const grid = fromFloat16Bits(features);
    const pooled = pooledOf(grid);
    const probabilities = await classifier?.classify(pooled);
    const nounChances = await nounClassifier?.classify(pooled);
    const insight = probabilities && nounChances && lookAt?.({ probabilities, nounChances });
    const generated = await generateCaptions({
      decoder,
      grid,
      vocabulary,
      options: { ...options, guidance: insight?.guidance },
      ...rest,
    });
    return { generated, probabilities, insight };
  }

  const judge = (observation: Observation, minConfidence?: number) =>
    captionOutput(observation, { labels, calibration: trust?.calibration, minConfidence });

  return {
    observe,
    judge,
    caption: async (request, minConfidence) => judge(await observe(request), minConfidence),
    async dispose() {
      await decoder.dispose();
      await classifier?.dispose();
      await nounClassifier?.dispose();
    },
  };
}
