// From features to all that is said about a picture: the one way it is done, in the worker, on the command line and
// where the model is measured.

import type { CaptionOutput } from '@caption-queue/contract/caption';
import type { PictureKind } from '@caption-queue/contract/kind';
import { areBlank } from './blank.ts';
import { type Bundle, checkCalibration } from './bundle.ts';
import { createClassifier } from './classifier.ts';
import { createStepDecoder } from './decoder.ts';
import { pooledOf } from './encoder.ts';
import type { Engine, GraphSource, Precision } from './engines/engine.ts';
import { unpackGrid } from './features.ts';
import { type GenerationOptions, generateCaptions } from './generation/generate-captions.ts';
import type { GenerationEvent } from './generation/streamer.ts';
import { captionOutput, type Observation, type Publishing } from './output.ts';
import { createInsight, type InsightSource } from './trust/insight.ts';
import { certainlyBlank, isDescribed, type KindOfPicture, likeliestKind } from './trust/kind.ts';

export interface CaptionRequest {
  /** As the encoder gave them. */
  features: Uint8Array;
  options: Omit<GenerationOptions, 'guidance' | 'support'>;
  /** Of which sentences are published; default: photos. */
  kinds?: readonly PictureKind[] | undefined;
  /** Checked between two words. */
  signal?: AbortSignal;
  /** Told of the words as they come, of a picture whose sentences are published. */
  onEvent?: (event: GenerationEvent) => void;
}

export interface PictureCaptioner {
  /** Of the decoder's weights. */
  readonly precision: Precision;
  /** What was generated and seen, not yet judged. @throws the signal's reason when it aborts */
  observe(request: CaptionRequest): Promise<Observation>;
  /** What is told of an observation. */
  judge(observation: Observation, publishing?: Publishing): CaptionOutput;
  /** @throws the signal's reason when it aborts */
  caption(request: Omit<CaptionRequest, 'kinds'>, publishing?: Publishing): Promise<CaptionOutput>;
  dispose(): Promise<void>;
}

/**
 * @param options.insight what is known of a bundle that is being calibrated; default: what it says itself
 * @throws BundleError for a calibration of another release
 */
export async function createPictureCaptioner({
  engine,
  bundle,
  insight: given,
}: {
  engine: Engine;
  bundle: Bundle;
  insight?: Omit<InsightSource, 'vocabulary'> & { model: GraphSource };
}): Promise<PictureCaptioner> {
  const { vocabulary, hasClassifier, hasKindClassifier } = bundle;
  const decoder = await createStepDecoder({ engine, bundle });
  const classifier = hasClassifier ? await createClassifier({ engine, bundle }) : undefined;
  const labels = hasClassifier ? await bundle.loadLabels() : [];
  const trust = await bundle.loadTrust();
  if (trust && !given) checkCalibration(trust.calibration, bundle);
  const source = given ?? (trust && { ...trust, model: bundle });
  const lookAt = source && createInsight({ vocabulary, ...source });
  const nounClassifier =
    source && (await createClassifier({ engine, bundle: source.model, part: 'noun-classifier' }));
  const kindClassifier = hasKindClassifier
    ? await createClassifier({ engine, bundle, part: 'kind-classifier' })
    : undefined;

  async function kindOf(pooled: Float32Array): Promise<KindOfPicture | undefined> {
    if (areBlank(pooled)) return certainlyBlank;
    return kindClassifier && likeliestKind(await kindClassifier.classify(pooled));
  }

  async function observe(request: CaptionRequest): Promise<Observation> {
    const { features, options, kinds, onEvent, ...rest } = request;
    const grid = unpackGrid(features);
    const pooled = pooledOf(grid);
    const probabilities = await classifier?.classify(pooled);
    const nounChances = await nounClassifier?.classify(pooled);
    const insight = probabilities && nounChances && lookAt?.({ probabilities, nounChances });
    const kind = await kindOf(pooled);
    const generated = await generateCaptions({
      decoder,
      grid,
      vocabulary,
      options: { ...options, guidance: insight?.guidance, support: insight?.supportOf },
      ...rest,
      ...(onEvent && isDescribed(kind, kinds) && { onEvent }),
    });
    return { generated, probabilities, insight, kind };
  }

  const judge = (observation: Observation, publishing: Publishing = {}) =>
    captionOutput(observation, { ...publishing, labels, calibration: trust?.calibration });

  return {
    precision: decoder.precision,
    observe,
    judge,
    caption: async (request, publishing) =>
      judge(await observe({ ...request, kinds: publishing?.kinds }), publishing),
    async dispose() {
      await decoder.dispose();
      await classifier?.dispose();
      await nounClassifier?.dispose();
      await kindClassifier?.dispose();
    },
  };
}
