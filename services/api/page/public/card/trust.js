// When a person should look before a caption is used.

/** Below even odds. */
const CHECK_BELOW = 0.5;

/** @param {Pick<import('@caption-queue/contract/caption').CaptionOutput, 'confidence' | 'alt_text'>} output without calibration nobody knows */
export const needsCheck = ({ confidence, alt_text: alt }) =>
  confidence !== null && (alt === null || confidence < CHECK_BELOW);
