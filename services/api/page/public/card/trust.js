// When a person should look before a caption is used, and what is said of pictures that get none.

/** Below even odds. */
const CHECK_BELOW = 0.5;

/** @param {Pick<import('@caption-queue/contract/caption').CaptionOutput, 'confidence' | 'alt_text'>} output without calibration nobody knows */
export const needsCheck = ({ confidence, alt_text: alt }) =>
  confidence !== null && (alt === null || confidence < CHECK_BELOW);

/**
 * What is said instead of a sentence.
 *
 * @type {Partial<Record<import('@caption-queue/contract/kind').PictureKind, string>>}
 */
const INSTEAD = {
  drawing: 'This looks like a drawing. Describe it yourself.',
  screenshot: 'This looks like a screenshot. Describe it yourself.',
  chart: 'This looks like a chart or a map. Describe it yourself.',
  document: 'This looks like a document. Describe it yourself.',
  blank: 'There is nothing to see in it. It is probably decoration: leave its alt empty.',
};

/**
 * @param {Pick<import('@caption-queue/contract/caption').CaptionRecord, 'options' | 'output'> | undefined} record
 * @returns {string | undefined} nothing where the sentence may be shown
 */
export function insteadOfWords(record) {
  const kind = record?.output?.kind ?? 'photo';
  return record?.options.kinds?.includes(kind) ? undefined : INSTEAD[kind];
}
