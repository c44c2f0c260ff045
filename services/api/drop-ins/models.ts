// What the drop-ins offer as models. It is one model: the names say which of its answers is wanted.
import type { CaptionOutput, CaptionRecord } from '@caption-queue/contract/caption';
import { DomainError } from '@caption-queue/contract/errors';
import { describedKinds, type PictureKind } from '@caption-queue/contract/kind';

/** The sentence, or what is fit to be published of it. */
export type Wanted = 'caption' | 'alt_text';

const models: ReadonlyMap<string, Wanted> = new Map([
  ['caption-queue', 'caption'],
  ['caption-queue/alt', 'alt_text'],
]);
export const modelNames: readonly string[] = [...models.keys()];

/** Of a name from outside, as it is repeated in an error. */
const MOST_CHARACTERS_SHOWN = 60;

/** @throws DomainError `not_found` that names those that there are */
export function findModel(name: string): Wanted {
  const wanted = models.get(name);
  if (wanted !== undefined) return wanted;
  const shown = name.slice(0, MOST_CHARACTERS_SHOWN);
  throw new DomainError(
    'not_found',
    `The model "${shown}" does not exist here; there are ${modelNames.join(' and ')}.`,
  );
}

export interface Answer {
  /** Empty where nothing is said. */
  text: string;
  /** Why nothing is said; null where something is. */
  refusal: string | null;
}

/** What is answered of a picture. As everywhere, nothing is said of what is no photo. */
export function answerOf(output: CaptionOutput, wanted: Wanted): Answer {
  const refusal = refusalOf(output, wanted);
  if (refusal !== null) return { text: '', refusal };
  return { text: output[wanted] ?? '', refusal };
}

export interface Said {
  /** Of each picture on a line of its own. */
  text: string;
  /** Why nothing is said of one picture or more; null where something is said of all. */
  refusal: string | null;
  captions: CaptionRecord[];
}

/** @param captions all succeeded */
export function summarise(captions: CaptionRecord[], wanted: Wanted): Said {
  const answers = captions.flatMap(({ output }) => (output ? [answerOf(output, wanted)] : []));
  const refusals = answers.flatMap(({ refusal }, index) => {
    if (refusal === null) return [];
    return answers.length === 1 ? [refusal] : [`Picture ${index + 1}: ${refusal}`];
  });
  return {
    text: answers.map(({ text }) => text).join('\n'),
    refusal: refusals.length === 0 ? null : refusals.join('\n'),
    captions,
  };
}

function refusalOf({ kind, alt_text, confidence }: CaptionOutput, wanted: Wanted): string | null {
  if (kind !== null && !describedKinds.includes(kind)) {
    return `This picture ${looks[kind]}; sentences were learned from photos, and of other pictures nothing is said.`;
  }
  if (wanted === 'caption' || alt_text !== null) return null;
  return confidence === null
    ? 'The model in use was never calibrated, so nothing it says counts as sure enough to be published.'
    : 'Nothing that could be said of this picture is sure enough to be published; leave it to a person.';
}

const looks: Record<PictureKind, string> = {
  photo: 'is a photo',
  drawing: 'looks like a drawing',
  screenshot: 'looks like a screenshot',
  chart: 'looks like a chart',
  document: 'looks like a document',
  blank: 'is blank',
};
