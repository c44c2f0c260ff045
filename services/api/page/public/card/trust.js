// When a person should look before a caption is used.

/** Below even odds. */
const CHECK_BELOW = 0.5;

/** @param {{ confidence: number | null, alt_text: string | null }} output of a caption; without calibration nobody knows */
export const needsCheck = ({ confidence, alt_text: alt }) =>
  confidence !== null && (alt === null || confidence < CHECK_BELOW);
