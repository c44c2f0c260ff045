// What was generated and seen, as the record and the command line tell it.
import type { Calibration, Chance } from '@caption-queue/contract/calibration';
import type { CaptionOutput } from '@caption-queue/contract/caption';
import type { PictureKind } from '@caption-queue/contract/kind';
import type { GenerationResult } from './generation/generate-captions.ts';
import { chooseStatement, nounPhrase } from './trust/alt-text.ts';
import { chanceOf } from './trust/evidence.ts';
import type { Insight } from './trust/insight.ts';
import { isDescribed, type KindOfPicture } from './trust/kind.ts';
import { tagsOf } from './trust/names.ts';

export interface Observation {
  generated: GenerationResult;
  /** Of each class; of a bundle with a classifier. */
  probabilities?: Float32Array | undefined;
  /** Of a bundle that knows what is familiar. */
  insight?: Insight | undefined;
  /** Of a bundle that tells kinds apart. */
  kind?: KindOfPicture | undefined;
}

/** What a request says about what is fit to be published. */
export interface Publishing {
  /** From which chance on; default: the calibration's. */
  minConfidence?: number | undefined;
  /** Kinds of picture whose captions may be; default: photos. */
  kinds?: readonly PictureKind[] | undefined;
}

/**
 * @param labels names of the classes
 * @param calibration of the bundle; without one nothing is known of what is right
 */
export function captionOutput(
  { generated, probabilities, insight, kind }: Observation,
  {
    labels,
    calibration,
    minConfidence = calibration?.minConfidence ?? 1,
    kinds,
  }: Publishing & { labels: readonly string[]; calibration?: Calibration | undefined },
): CaptionOutput {
  const { words, alternatives } = generated;
  const trust = calibration && insight && { calibration, insight };
  const worth = worthOf(kind, kinds);
  const confidences = alternatives.map(({ words }) =>
    trust
      ? worth * chanceOf(trust.calibration.caption, trust.insight.ofCaption(textsOf(words)))
      : null,
  );
  const caption = textsOf(words).join(' ');
  const [confidence = null] = confidences;
  const described = isDescribed(kind, kinds);
  return {
    caption,
    confidence: rounded(confidence),
    alt_text:
      trust && confidence !== null && described
        ? altText({ ...trust, labels, worth }, textsOf(words), minConfidence)
        : null,
    kind: kind?.kind ?? null,
    kind_confidence: rounded(kind?.confidence ?? null),
    tags:
      probabilities && described
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

/**
 * What the chances that were learned from photos are worth for this picture: as much as it is likely to be one. They are
 * taken as they are where captions of its kind were asked for.
 */
function worthOf(
  kind: KindOfPicture | undefined,
  kinds: readonly PictureKind[] | undefined,
): number {
  if (kind === undefined) return 1;
  return kind.kind !== 'photo' && isDescribed(kind, kinds) ? 1 : kind.photoChance;
}

function altText(
  {
    calibration,
    insight,
    labels,
    worth,
  }: { calibration: Calibration; insight: Insight; labels: readonly string[]; worth: number },
  words: readonly string[],
  minConfidence: number,
): string | null {
  const { caption, phrase, tag } = calibration;
  const said = (chance: Chance, words: readonly string[]) => ({
    text: words.join(' '),
    chance: worth * chanceOf(chance, insight.ofCaption(words)),
  });
  const statements = {
    caption: said(caption, words),
    phrases: phrase ? insight.phrasesOf(words).map((beginning) => said(phrase, beginning)) : [],
    tag: {
      text: nounPhrase(nameOf(insight, labels)),
      chance: worth * chanceOf(tag, insight.ofName()),
    },
  };
  return chooseStatement(statements, minConfidence)?.text ?? null;
}

const textsOf = (words: readonly { text: string }[]) => words.map(({ text }) => text);

const nameOf = ({ name }: Insight, labels: readonly string[]) =>
  name.kind ?? (labels[name.classIndex] as string);

/** Four digits are more than a calibration knows. */
function rounded<N extends number | null>(chance: N): N {
  return (chance === null ? null : Math.round(chance * 1e4) / 1e4) as N;
}
