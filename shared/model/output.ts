// What was generated and seen, as the record and the command line tell it.
import type { Calibration } from '@caption-queue/contract/calibration';
import type { CaptionOutput } from '@caption-queue/contract/caption';
import type { GenerationResult } from './generation/generate-captions.ts';
import { chooseAltText } from './trust/alt-text.ts';
import { chanceOf } from './trust/evidence.ts';
import type { Insight } from './trust/insight.ts';
import { tagsOf } from './trust/names.ts';

export interface Observation {
  generated: GenerationResult;
  /** Of each class; of a bundle with a classifier. */
  probabilities?: Float32Array | undefined;
  /** Of a bundle that knows what is familiar. */
  insight?: Insight | undefined;
}

/**
 * @param labels names of the classes
 * @param calibration of the bundle; without one nothing is known of what is right
 * @param minConfidence from which chance on something is fit to be published; default: the calibration's
 */
export function captionOutput(
  { generated, probabilities, insight }: Observation,
  {
    labels,
    calibration,
    minConfidence = calibration?.minConfidence ?? 1,
  }: {
    labels: readonly string[];
    calibration?: Calibration | undefined;
    minConfidence?: number | undefined;
  },
): CaptionOutput {
  const { words, alternatives } = generated;
  const trust = calibration && insight && { calibration, insight };
  const confidences = alternatives.map(({ words }) =>
    trust ? chanceOf(trust.calibration.caption, trust.insight.ofCaption(words)) : null,
  );
  const caption = words.map(({ text }) => text).join(' ');
  const [confidence = null] = confidences;
  return {
    caption,
    confidence: rounded(confidence),
    alt_text:
      trust && confidence !== null
        ? chooseAltText(
            {
              caption: { text: caption, chance: confidence },
              tag: {
                label: nameOf(trust.insight, labels),
                chance: chanceOf(trust.calibration.tag, trust.insight.ofName()),
              },
            },
            minConfidence,
          )
        : null,
    tags: probabilities
      ? tagsOf(probabilities, labels).map(({ name, confidence }) => ({
          name,
          confidence: rounded(confidence),
        }))
      : [],
    alternatives: alternatives.map(({ caption, logProb }, index) => ({
      caption,
      confidence: rounded(confidences[index] ?? null),
      log_prob: logProb,
    })),
    words: words.map(({ text, logProb }) => ({ text, log_prob: logProb })),
  };
}

const nameOf = ({ name }: Insight, labels: readonly string[]) =>
  name.kind ?? (labels[name.classIndex] as string);

/** Four digits are more than a calibration knows. */
function rounded<N extends number | null>(chance: N): N {
  return (chance === null ? null : Math.round(chance * 1e4) / 1e4) as N;
}
